import Detectors
import Tracking

/// A tracker, and the frames it is given.
struct Film: ~Copyable {
    var tracker: Tracker
    var changes: [(identity: Int64, change: Track.Change)] = []
    var now: Int64 = 0

    init(_ settings: TrackerSettings = TrackerSettings(), tracks: Int = 32, detections: Int = 64) {
        tracker = Tracker(settings, tracks: tracks, detections: detections)
    }

    /// Takes a frame some time after the last one.
    mutating func take(_ detections: [Detection], after nanoseconds: Int64 = .frame) {
        now += nanoseconds
        changes = []
        var found: [(Int64, Track.Change)] = []
        detections.withUnsafeBufferPointer { frame in
            tracker.take(frame, at: now) { found.append(($0.identity, $1)) }
        }
        changes = found.map { (identity: $0.0, change: $0.1) }
    }

    var tracks: [Track] { (0..<tracker.count).map { tracker[$0] } }
    /// Confirmed ones that are in the last frame.
    var seen: [Track] { tracks.filter { $0.state == .confirmed && $0.isSeen } }

    func has(_ change: Track.Change) -> Bool { changes.contains { $0.change == change } }

    /// Identity of the confirmed track nearest to a place, in pixels; nil: none is within 20.
    func identity(x: Double, y: Double = 200) -> Int64? {
        seen.first { abs($0.box.middle.x - x) < 20 && abs($0.box.middle.y - y) < 20 }?.identity
    }
}

extension Int64 {
    static let second: Int64 = 1_000_000_000
    static let frame: Int64 = 33_333_333
}

extension Box {
    /// In pixels.
    var middle: (x: Double, y: Double) { (Double(left + right) / 32, Double(top + bottom) / 32) }
}

extension Detection {
    /// In pixels; the score from 0 to 1.
    init(
        x: Double, y: Double = 200, width: Double = 40, height: Double = 80, score: Double = 0.8, label: UInt16 = 0
    ) {
        func unit(_ value: Double) -> Int32 { Int32((value * 16).rounded()) }
        self.init(
            box: Box(
                left: unit(x - width / 2), top: unit(y - height / 2), right: unit(x + width / 2),
                bottom: unit(y + height / 2)),
            score: UInt32(score * 65536), label: label)
    }
}
