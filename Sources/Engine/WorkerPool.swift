import CBundle
import CKernels
import CLinux
import Synchronization
import System

/// Threads that share each step of a plan with the calling thread: part 0 runs on the caller, the others on workers.
///
/// A worker spins for a while after each step, since the next one follows within microseconds, then parks on a futex, so
/// an idle daemon costs nothing. Work is split statically: the bytes are the same for any number of threads.
final class WorkerPool {
    /// What caller and workers share. It lives at a fixed address; the futex needs one.
    private struct Control: ~Copyable {
        /// Counts steps; a change is the signal to start. Parked workers wait on it.
        let generation = Atomic<UInt32>(0)
        /// Workers that have not finished the current step.
        let remaining = Atomic<UInt32>(0)
        let parked = Atomic<UInt32>(0)
        let stopping = Atomic<Bool>(false)
        /// The current step; written before `generation` is released, read after it is acquired.
        var function: oc_kernel_fn?
        var step: UnsafePointer<oc_step>?
        var memory = oc_memory()
    }

    /// Raw pointers may cross into the threads: the pool joins them before it frees the memory.
    private struct Shared: @unchecked Sendable {
        let control: UnsafeMutablePointer<Control>
        let parts: UInt32
    }

    /// About 50 microseconds on the boards: longer than the gap between steps, shorter than one between frames.
    private static let spins = 4096

    private let shared: Shared
    private var threads: [ThreadHandle] = []

    /// - Parameter threads: workers, the caller among them; at least 2.
    init(threads count: Int) throws(Errno) {
        let control = UnsafeMutablePointer<Control>.allocate(capacity: 1)
        control.initialize(to: Control())
        shared = Shared(control: control, parts: UInt32(count))
        for part in 1..<UInt32(count) {
            let shared = self.shared
            threads.append(ThreadHandle(try Thread { Self.work(shared, part) }))
        }
    }

    deinit {
        shared.control.pointee.stopping.store(true, ordering: .releasing)
        start()
        for thread in threads { thread.join() }
        shared.control.deinitialize(count: 1)
        shared.control.deallocate()
    }

    /// Runs all parts of a step and returns when every one is done.
    func run(_ function: oc_kernel_fn, _ step: UnsafePointer<oc_step>, _ memory: inout oc_memory) {
        let control = shared.control
        control.pointee.function = function
        control.pointee.step = step
        control.pointee.memory = memory
        control.pointee.remaining.store(shared.parts - 1, ordering: .relaxed)
        start()
        function(step, &memory, 0, shared.parts)
        var spins = 0
        while control.pointee.remaining.load(ordering: .acquiring) != 0 {
            // A worker that lost its processor needs ours: give it away now and then.
            spins += 1
            if spins % Self.spins == 0 { oc_yield() } else { oc_spin_pause() }
        }
    }

    private func start() {
        let control = shared.control
        control.pointee.generation.add(1, ordering: .sequentiallyConsistent)
        if control.pointee.parked.load(ordering: .sequentiallyConsistent) > 0 {
            _ = oc_futex_wake(Self.futex(control), Int32.max)
        }
    }

    private static func work(_ shared: Shared, _ part: UInt32) {
        let control = shared.control
        var seen: UInt32 = 0
        while true {
            var spins = 0
            while control.pointee.generation.load(ordering: .acquiring) == seen {
                spins += 1
                guard spins > Self.spins else {
                    oc_spin_pause()
                    continue
                }
                control.pointee.parked.add(1, ordering: .sequentiallyConsistent)
                if control.pointee.generation.load(ordering: .sequentiallyConsistent) == seen {
                    _ = oc_futex_wait(futex(control), seen, -1)
                }
                control.pointee.parked.subtract(1, ordering: .sequentiallyConsistent)
            }
            seen &+= 1
            if control.pointee.stopping.load(ordering: .acquiring) { return }
            var memory = control.pointee.memory
            control.pointee.function?(control.pointee.step, &memory, part, shared.parts)
            control.pointee.remaining.subtract(1, ordering: .releasing)
        }
    }

    /// `generation` is the first field, so it lies where the block starts.
    private static func futex(_ control: UnsafeMutablePointer<Control>) -> UnsafePointer<UInt32> {
        UnsafeRawPointer(control).assumingMemoryBound(to: UInt32.self)
    }
}

/// A thread in a class, since arrays hold no noncopyable elements.
private final class ThreadHandle {
    private var thread: Thread?
    init(_ thread: consuming Thread) { self.thread = consume thread }
    func join() { thread.take()?.join() }
}
