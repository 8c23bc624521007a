import Synchronization
import System

/// What the taker found of compressed frames, for the thread that hands them over: only the taker decodes, and only those
/// frames that it takes.
struct Verdicts: ~Copyable {
    private let broken = Atomic<Int64>(0)
    private let isWhole = Atomic<Bool>(false)

    /// Called by the taker, for each frame that it tried to decode.
    func judge(isWhole: Bool) {
        if isWhole { self.isWhole.store(true, ordering: .releasing) } else { addBroken(1) }
    }

    /// Frames that were broken already when they came.
    func addBroken(_ count: Int64) { broken.add(count, ordering: .acquiringAndReleasing) }

    /// Frames that could not be decoded, where nobody takes the verdicts.
    var untaken: Int64 { broken.load(ordering: .relaxed) }

    /// Since the last call: whether a frame could be decoded, and how many could not.
    func take() -> (isWhole: Bool, broken: Int64) {
        (
            isWhole.exchange(false, ordering: .acquiringAndReleasing),
            broken.exchange(0, ordering: .acquiringAndReleasing)
        )
    }
}

/// Damaged frames: counted, and told at most every ten seconds.
struct DamageCount {
    private static var interval: Int64 { 10_000_000_000 }

    private var damaged: Int64 = 0  // since it was told last
    private var told: Int64?

    mutating func add(
        _ count: Int64, _ kind: @autoclosure () -> String, of source: @autoclosure () -> String, at now: Int64,
        _ statuses: StatusQueue
    ) {
        statuses.damaged.add(count, ordering: .relaxed)
        damaged += count
        if let told, now - told < DamageCount.interval { return }
        statuses.post(.damaged, "\(source()): \(damaged) \(damaged == 1 ? "frame" : "frames"), the last \(kind())")
        told = now
        damaged = 0
    }
}
