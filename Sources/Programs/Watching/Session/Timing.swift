import CBundle

/// When the next heartbeat is due and what it tells. All times in nanoseconds on the daemon's clock.
struct Heart {
    struct Beat {
        /// Frames per 1000 seconds since the last beat.
        let millihertz: Int64
        let worst: Int64
    }

    private let interval: Int64  // 0: none
    private var last: Int64
    private var frames: Int64 = 0
    private var worst: Int64 = 0

    init(_ options: Options, _ sensor: oc_sensor, from start: Int64) {
        interval = options.heartbeat ?? Int64(sensor.heartbeat) * 1_000_000
        last = start
    }

    mutating func count(latency: Int64) {
        frames += 1
        worst = max(worst, latency)
    }

    /// Time until the next beat; `.max`: none comes.
    func pause(at now: Int64) -> Int64 { interval == 0 ? .max : max(0, last + interval - now) }

    mutating func beat(at now: Int64) -> Beat? {
        guard interval > 0, now - last >= interval else { return nil }
        let beat = Beat(millihertz: frames * 1_000_000 / max((now - last) / 1_000_000, 1), worst: worst)
        // Beats keep their rhythm, unless one or more were missed.
        last = now - last < 2 * interval ? last + interval : now
        frames = 0
        worst = 0
        return beat
    }
}

/// Frames a second at most.
struct Pace {
    private let interval: Int64  // nanoseconds, 0: no limit
    private var due: Int64 = .min

    init(_ options: Options, _ sensor: oc_sensor) {
        interval =
            options.frameInterval ?? (sensor.max_fps == 0 ? 0 : 1_000_000_000_000 / Int64(sensor.max_fps))
    }

    /// Time until the next frame is due.
    func pause(at now: Int64) -> Int64 { due == .min ? 0 : max(0, due - now) }

    /// Whether a frame of this time is to be inferred; if so, the next is due an interval later.
    mutating func admits(_ now: Int64) -> Bool {
        guard interval > 0 else { return true }
        guard now >= due else { return false }
        due = due == .min || now - due >= interval ? now + interval : due + interval
        return true
    }
}
