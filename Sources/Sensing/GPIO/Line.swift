import CGPIO
import CLinux
import System

/// A line that is the daemon's, from `request` to its end. An output is inactive at first and at last.
struct Line: ~Copyable {
    struct Edge {
        /// Nanoseconds on the monotonic clock, by the kernel.
        let time: Int64
        let isActive: Bool
    }

    private let handle: UnsafeMutableRawPointer?
    private let isOutput: Bool

    init(_ settings: LineSettings, devices: Path) throws(LineError) {
        let (chip, offset) = try Chips.find(settings.place, devices: devices)
        var wish = oc_gpio_wish()
        wish.is_output = settings.use.isOutput ? 1 : 0
        wish.is_active_low = settings.isActiveLow ? 1 : 0
        wish.bias = settings.bias.rawValue
        var handle: UnsafeMutableRawPointer?
        let result = chip.withCString { oc_gpio().pointee.request($0, offset, &wish, &handle) }
        if result < 0 { throw LineError("\(chip.description), line \(offset)", Errno(0 &- result)) }
        self.handle = handle
        isOutput = settings.use.isOutput
    }

    deinit {
        if isOutput { _ = oc_gpio().pointee.set(handle, 0) }
        oc_gpio().pointee.release(handle)
    }

    /// For `poll`; below 0: there is nothing to wait for.
    var raw: Int32 { oc_gpio().pointee.descriptor(handle) }

    func value() throws(Errno) -> Bool {
        let result = oc_gpio().pointee.get(handle)
        if result < 0 { throw Errno(0 &- result) }
        return result != 0
    }

    func set(_ isActive: Bool) throws(Errno) {
        let result = oc_gpio().pointee.set(handle, isActive ? 1 : 0)
        if result < 0 { throw Errno(0 &- result) }
    }

    /// The oldest edge that was not taken yet; nil: none.
    func edge() throws(Errno) -> Edge? {
        var edge = oc_gpio_edge()
        let result = oc_gpio().pointee.edge(handle, &edge)
        if result == -Int32(OC_EAGAIN) { return nil }
        if result < 0 { throw Errno(0 &- result) }
        return Edge(time: edge.time, isActive: edge.is_active != 0)
    }
}
