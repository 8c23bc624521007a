import CLinux
import CV4L2
import System

/// What a camera says about itself.
struct CameraIdentity {
    let driver: [UInt8]
    let card: [UInt8]
    /// Where it is plugged in: the same after a replug, whatever number its node then has.
    let bus: [UInt8]
    /// A node that frames can be taken from.
    let captures: Bool
    /// Frames come only after somebody has set up a media controller's links.
    let needsMedia: Bool
    fileprivate let isPlanar: Bool

    fileprivate init(_ record: oc_camera_identity) {
        driver = text(of: record.driver)
        card = text(of: record.card)
        bus = text(of: record.bus)
        captures = record.captures != 0
        needsMedia = record.needs_media != 0
        isPlanar = record.planar != 0
    }

    /// For messages.
    var name: String { "\(String(decoding: card, as: UTF8.self)) (\(String(decoding: bus, as: UTF8.self)))" }
}

/// The bytes of a C array of characters up to its terminator.
func text<T>(of array: T) -> [UInt8] {
    withUnsafeBytes(of: array) { Array($0.prefix { $0 != 0 }) }
}

/// Why a camera gives no frames.
struct CameraError: Error {
    enum Kind {
        /// It will not get better by itself.
        case useless
        /// The camera is not there.
        case lost
        case failed
    }

    let kind: Kind
    /// Of the driver's call that failed.
    let errno: Errno?
    let message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        errno = nil
        self.message = message
    }

    init(_ call: StaticString, _ errno: Errno) {
        let reason: String
        switch errno {
        case .busy: reason = "another program uses the camera"
        case .noDevice, .noDeviceOrAddress: reason = "the camera was unplugged"
        case .noAccess, .notPermitted: reason = "no permission; add this user to the group video"
        default: reason = errno.description
        }
        kind = errno == .noDevice || errno == .noDeviceOrAddress || errno == .noEntry ? .lost : .failed
        self.errno = errno
        message = "\(call.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }): \(reason)"
    }

    @inline(__always)
    static func check(_ result: Int32, _ call: StaticString) throws(CameraError) {
        if result < 0 { throw CameraError(call, Errno(0 &- result)) }
    }
}

/// An open camera. Closing it gives all back, whatever state it is in.
struct Camera: ~Copyable {
    /// For `poll`.
    let raw: Int32
    let identity: CameraIdentity
    private var isPlanar: Int32 { identity.isPlanar ? 1 : 0 }
    private var maps: [UnsafeMutableRawBufferPointer] = []
    private var isStreaming = false

    init(_ path: Path) throws(CameraError) {
        let fd = path.withCString { oc_v4l2_open($0) }
        try CameraError.check(fd, "open")
        var record = oc_camera_identity()
        let result = oc_v4l2_identify(fd, &record)
        if result < 0 { _ = oc_v4l2_close(fd) }
        try CameraError.check(result, "VIDIOC_QUERYCAP")
        raw = fd
        identity = CameraIdentity(record)
    }

    deinit {
        if isStreaming { _ = oc_v4l2_stream(raw, isPlanar, 0) }
        for map in maps { _ = oc_v4l2_unmap(map.baseAddress, map.count) }
        if !maps.isEmpty { _ = oc_v4l2_request(raw, isPlanar, 0) }
        _ = oc_v4l2_close(raw)
    }

    // MARK: Modes

    /// All pixel formats, sizes and rates that the driver lists.
    /// - Parameter sizes: to try where the driver gives a range instead of a list.
    func modes(_ sizes: [(width: Int, height: Int)]) -> [CameraMode] {
        var modes: [CameraMode] = []
        var code = oc_camera_code()
        var index: UInt32 = 0
        // A driver that never says "no more" is not asked for ever.
        while index < 256, oc_v4l2_code(raw, isPlanar, index, &code) >= 0 {
            for (width, height) in self.sizes(of: code.code, sizes) {
                modes.append(
                    CameraMode(
                        code: code.code, width: width, height: height, isEmulated: code.emulated != 0,
                        rates: rates(code.code, width, height)))
            }
            index += 1
        }
        return modes
    }

    private func sizes(of code: UInt32, _ tried: [(width: Int, height: Int)]) -> [(width: Int, height: Int)] {
        var sizes: [(width: Int, height: Int)] = []
        var record = oc_camera_sizes()
        var index: UInt32 = 0
        while index < 256, oc_v4l2_sizes(raw, code, index, &record) >= 0 {
            index += 1
            guard record.step_width > 0, record.step_height > 0 else {
                sizes.append((Int(clamping: record.least_width), Int(clamping: record.least_height)))
                continue
            }
            for (width, height) in tried {
                sizes.append(
                    (
                        CameraMode.fit(width, record.least_width, record.most_width, record.step_width),
                        CameraMode.fit(height, record.least_height, record.most_height, record.step_height)
                    ))
            }
        }
        return sizes
    }

    private func rates(_ code: UInt32, _ width: Int, _ height: Int) -> [CameraRates] {
        var rates: [CameraRates] = []
        var record = oc_camera_intervals()
        var index: UInt32 = 0
        while index < 64,
            oc_v4l2_intervals(raw, code, UInt32(clamping: width), UInt32(clamping: height), index, &record) >= 0
        {
            index += 1
            if let entry = CameraRates(record) { rates.append(entry) }
        }
        return rates
    }

    /// What the driver makes of a wish.
    func set(_ mode: CameraMode) throws(CameraError) -> CameraForm {
        // An HDMI input first has to follow its signal; cameras refuse, and nothing is lost.
        _ = oc_v4l2_follow_signal(raw)
        var format = oc_camera_format()
        format.code = mode.code
        format.width = UInt32(clamping: mode.width)
        format.height = UInt32(clamping: mode.height)
        try CameraError.check(oc_v4l2_set_format(raw, isPlanar, &format), "VIDIOC_S_FMT")
        if let interval = mode.interval {
            // Drivers with one rate refuse.
            _ = oc_v4l2_set_interval(raw, isPlanar, interval.numerator, interval.denominator)
        }
        return CameraForm(format)
    }

    /// What the driver gives now.
    func form() throws(CameraError) -> CameraForm {
        var format = oc_camera_format()
        try CameraError.check(oc_v4l2_get_format(raw, isPlanar, &format), "VIDIOC_G_FMT")
        return CameraForm(format)
    }

    // MARK: Buffers

    /// Takes `count` buffers, or as many as the driver has.
    mutating func map(_ count: Int) throws(CameraError) {
        let given = oc_v4l2_request(raw, isPlanar, UInt32(count))
        try CameraError.check(given, "VIDIOC_REQBUFS")
        guard given >= 2 else { throw CameraError("VIDIOC_REQBUFS", .noMemory) }
        for index in 0..<UInt32(min(Int(given), count)) {
            var bytes: UnsafeMutableRawPointer?
            var length = 0
            try CameraError.check(oc_v4l2_map(raw, isPlanar, index, &bytes, &length), "mmap")
            maps.append(UnsafeMutableRawBufferPointer(start: bytes, count: length))
        }
    }

    /// The buffers, by index.
    var buffers: [UnsafeMutableRawBufferPointer] { maps }

    func queue(_ index: Int) throws(CameraError) {
        try CameraError.check(oc_v4l2_queue(raw, isPlanar, UInt32(index)), "VIDIOC_QBUF")
    }

    /// The next filled buffer; nil: none yet.
    func dequeue() throws(CameraError) -> oc_camera_buffer? {
        var buffer = oc_camera_buffer()
        let result = oc_v4l2_dequeue(raw, isPlanar, &buffer)
        if result == -Int32(OC_EAGAIN) { return nil }
        try CameraError.check(result, "VIDIOC_DQBUF")
        guard buffer.index < maps.count else { throw CameraError("VIDIOC_DQBUF", .invalid) }
        return buffer
    }

    mutating func start() throws(CameraError) {
        try CameraError.check(oc_v4l2_stream(raw, isPlanar, 1), "VIDIOC_STREAMON")
        isStreaming = true
    }

    /// All buffers are the program's afterwards.
    mutating func stop() throws(CameraError) {
        isStreaming = false
        try CameraError.check(oc_v4l2_stream(raw, isPlanar, 0), "VIDIOC_STREAMOFF")
    }

    // MARK: Changes of the source

    func watchSource() { _ = oc_v4l2_watch_source(raw) }

    /// Whether the source has changed since the last call.
    func sourceHasChanged() -> Bool { oc_v4l2_take_change(raw) > 0 }
}
