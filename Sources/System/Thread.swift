import CLinux

/// A thread of its own. Its owner joins it; the daemon's signals stay with the main thread.
public struct Thread: ~Copyable {
    private let id: UInt

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

    /// Processors that this process may use, at least 1.
    public static var processors: Int { max(1, Int(oc_cpu_count())) }
}
