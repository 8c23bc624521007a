import CBundle
import CKernels
import CLinux
import Synchronization
import System

/// Threads that share each step of a plan with the calling thread.
///
/// A step has as many parts as there are threads; which bytes a part writes depends on its number alone, so the result is
/// the same whoever runs it. Parts are claimed: where a worker is late, because it slept or lost its processor, the
/// caller runs its part as well and never waits for a part that nobody has begun. Workers spin after a step, since the
/// next one follows within microseconds, then park on a futex, so an idle daemon costs nothing.
final class WorkerPool {
    /// What caller and workers share. It lives at a fixed address; the futex needs one.
    private struct Control: ~Copyable {
        /// Upper half: number of the current step, on which parked workers wait. Lower half: its next unclaimed part.
        let ticket = Atomic<UInt64>(UInt64(UInt32.max))
        /// Parts of the current step that are done.
        let done = Atomic<UInt32>(0)
        let parked = Atomic<UInt32>(0)
        let stopping = Atomic<Bool>(false)
        /// The current step: written before `ticket` is released; constant until all its parts are done.
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
        for _ in 1..<count {
            let shared = self.shared
            threads.append(ThreadHandle(try Thread { Self.work(shared) }))
        }
    }

    /// The workers beside the caller.
    var ids: [UInt] { threads.map { $0.id } }

    deinit {
        shared.control.pointee.stopping.store(true, ordering: .releasing)
        announce(firstPart: shared.parts)
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
        control.pointee.done.store(0, ordering: .relaxed)
        announce(firstPart: 0)
        while Self.runPart(shared) {}
        var spins = 0
        while control.pointee.done.load(ordering: .acquiring) != shared.parts {
            // A worker that lost its processor in the middle of a part may need ours, for as long as it takes.
            spins &+= 1
            if spins % Self.spins == 0 { oc_yield() } else { oc_spin_pause() }
        }
    }

    /// Begins a new step whose parts from `firstPart` on are unclaimed, and wakes who sleeps.
    private func announce(firstPart: UInt32) {
        let control = shared.control
        let number = (control.pointee.ticket.load(ordering: .relaxed) >> 32) &+ 1
        control.pointee.ticket.store(number << 32 | UInt64(firstPart), ordering: .sequentiallyConsistent)
        if control.pointee.parked.load(ordering: .sequentiallyConsistent) > 0 {
            _ = oc_futex_wake(Self.futex(control), Int32.max)
        }
    }

    /// Claims and runs one part of the current step; false where none is left.
    private static func runPart(_ shared: Shared) -> Bool {
        let control = shared.control
        var ticket = control.pointee.ticket.load(ordering: .acquiring)
        while true {
            let part = UInt32(truncatingIfNeeded: ticket)
            guard part < shared.parts else { return false }
            let (isMine, current) = control.pointee.ticket.compareExchange(
                expected: ticket, desired: ticket + 1, ordering: .acquiringAndReleasing)
            guard isMine else {
                ticket = current
                continue
            }
            var memory = control.pointee.memory
            control.pointee.function?(control.pointee.step, &memory, part, shared.parts)
            control.pointee.done.add(1, ordering: .releasing)
            return true
        }
    }

    private static func work(_ shared: Shared) {
        let control = shared.control
        while true {
            while runPart(shared) {}
            if control.pointee.stopping.load(ordering: .acquiring) { return }
            let seen = UInt32(truncatingIfNeeded: control.pointee.ticket.load(ordering: .acquiring) >> 32)
            var spins = 0
            while isOver(seen, shared) {
                spins += 1
                guard spins > Self.spins else {
                    oc_spin_pause()
                    continue
                }
                control.pointee.parked.add(1, ordering: .sequentiallyConsistent)
                if isOver(seen, shared) { _ = oc_futex_wait(futex(control), seen, -1) }
                control.pointee.parked.subtract(1, ordering: .sequentiallyConsistent)
                break
            }
        }
    }

    /// Whether step number `seen` is still the current one and has no part left, and nobody wants the threads to end.
    private static func isOver(_ seen: UInt32, _ shared: Shared) -> Bool {
        let ticket = shared.control.pointee.ticket.load(ordering: .sequentiallyConsistent)
        return UInt32(truncatingIfNeeded: ticket >> 32) == seen && UInt32(truncatingIfNeeded: ticket) >= shared.parts
            && !shared.control.pointee.stopping.load(ordering: .acquiring)
    }

    /// The upper half of `ticket`, the first field, on a little-endian machine.
    private static func futex(_ control: UnsafeMutablePointer<Control>) -> UnsafePointer<UInt32> {
        (UnsafeRawPointer(control) + 4).assumingMemoryBound(to: UInt32.self)
    }
}

/// A thread in a class, since arrays hold no noncopyable elements.
private final class ThreadHandle {
    let id: UInt
    private var thread: Thread?
    init(_ thread: consuming Thread) {
        id = thread.id
        self.thread = consume thread
    }
    func join() { thread.take()?.join() }
}
