import CLinux

/// A thread of its own. Its owner joins it; the daemon's signals stay with the main thread.
public struct Thread: ~Copyable {
    /// Names it as long as it has not been joined.
    public let id: UInt

    private final class Box {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    /// Starts a thread that runs `body` to its end.
    public init(_ body: @escaping @Sendable () -> Void) throws(Errno) {
        let box = Unmanaged.passRetained(Box(body))
        var id: UInt = 0
        let result = oc_thread_start(
            { context in
                guard let context else { return }
                Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
            }, box.toOpaque(), &id)
        if result < 0 { box.release() }
        _ = try checked(result)
        self.id = id
    }

    /// Waits until the body has returned.
    public consuming func join() {
        _ = oc_thread_join(id)
    }

    /// The calling thread.
    public static var current: UInt { UInt(oc_thread_self()) }

    /// Lets a thread run on these CPUs alone; on none, wherever the process may.
    public static func place(_ thread: UInt, on cpus: ArraySlice<UInt16>) throws(Errno) {
        let result = cpus.withUnsafeBufferPointer { oc_thread_place(thread, $0.baseAddress, $0.count) }
        _ = try checked(result)
    }

    /// Whether this process may run on a CPU.
    public static func mayRun(on cpu: UInt16) -> Bool { oc_cpu_allowed(Int32(cpu)) != 0 }

    /// Processors that this process may use, at least 1.
    public static var processors: Int { max(1, Int(oc_cpu_count())) }
}
