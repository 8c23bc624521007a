import Foundation

/// Feeds a reader with damaged files and notes what it does with them.
///
/// The environment steers longer runs: `OCELLUS_MUTATION_SEED` shifts the fixed seed, `OCELLUS_MUTATION_SECONDS` goes on
/// for so long instead of for a fixed number of cases, and `OCELLUS_MUTATION_KEEP` names a folder where each case is
/// written before it is read: after a crash, the file left there is the culprit.
///
/// How much memory a reader asks for is not measured here, where other tests run beside: AddressSanitizer ends the tests at an
/// allocation of half a gigabyte (Tests/sanitizer.sh).
public struct MutationRun {
    public var cases = 0
    /// Damaged files that the reader took nevertheless: the damage hit nothing that is checked.
    public var accepted = 0
    public var refused = 0
    /// What most CPU time went into, and how to make it again.
    public var slowest = (time: Duration.zero, name: "")
    /// Whether every case was read in bounded time: not by the clock, so that a busy machine makes no difference.
    public var isBounded: Bool { slowest.time < .seconds(20) }

    /// - Parameters:
    ///   - name: of the reader, for the names of kept files.
    ///   - files: sound files to damage, each with its name.
    ///   - cases: how many files to make, unless the environment gives a time.
    ///   - damage: makes a damaged file of a seed and a sound one.
    ///   - read: true when the reader takes the bytes.
    public init(
        _ name: String, files: [(name: String, bytes: [UInt8])], cases: Int,
        damage: (UInt64, [UInt8]) -> [UInt8] = { seed, bytes in
            var mutator = Mutator(seed: seed)
            return mutator.mutate(bytes)
        },
        read: ([UInt8]) throws -> Bool
    ) rethrows {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["OCELLUS_MUTATION_SEED"].flatMap { UInt64($0) } ?? 0
        let seconds = environment["OCELLUS_MUTATION_SECONDS"].flatMap { Double($0) }
        let kept = environment["OCELLUS_MUTATION_KEEP"].map { URL(fileURLWithPath: $0) }
        let clock = ContinuousClock()
        let deadline = seconds.map { clock.now + .seconds($0) }
        while deadline.map({ clock.now < $0 }) ?? (self.cases < cases) {
            let file = files[self.cases % files.count]
            let bytes = damage(seed << 32 &+ UInt64(self.cases), file.bytes)
            try? kept.map { try Data(bytes).write(to: $0.appendingPathComponent("\(name)-last")) }
            let start = Self.cpuTime()
            if try read(bytes) { accepted += 1 } else { refused += 1 }
            let elapsed = Self.cpuTime() - start
            if elapsed > slowest.time { slowest = (elapsed, "\(file.name), seed \(seed), case \(self.cases)") }
            self.cases += 1
        }
        if seconds != nil {
            print("\(name), seed \(seed): \(self.cases) damaged files, \(accepted) taken, \(refused) refused")
        }
    }

    /// Of this thread.
    private static func cpuTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
