import Foundation

/// Seeds for a mutation test: a fixed number of them, the same on every run, or as the environment says (see
/// `MutationRun`) others and for as long as it says. Each seed is written to the kept folder before it is used: after a
/// crash, the one left there is the culprit.
public struct MutationSeeds: Sequence, IteratorProtocol {
    private let name: String
    private let first: UInt64
    private let count: UInt64?
    private let deadline: ContinuousClock.Instant?
    private let kept: URL?
    private var used: UInt64 = 0

    public init(_ name: String, cases: Int) {
        let environment = ProcessInfo.processInfo.environment
        let seconds = environment["OCELLUS_MUTATION_SECONDS"].flatMap { Double($0) }
        self.name = name
        first = (environment["OCELLUS_MUTATION_SEED"].flatMap { UInt64($0) } ?? 0) << 32
        count = seconds == nil ? UInt64(cases) : nil
        deadline = seconds.map { ContinuousClock.now + .seconds($0) }
        kept = environment["OCELLUS_MUTATION_KEEP"].map { URL(fileURLWithPath: $0) }
    }

    public mutating func next() -> UInt64? {
        if let count, used >= count { return nil }
        if let deadline, ContinuousClock.now >= deadline {
            print("\(name), seed \(first >> 32): \(used) cases")
            return nil
        }
        let seed = first &+ used
        used += 1
        try? kept.map { try Data("\(seed)\n".utf8).write(to: $0.appendingPathComponent("\(name)-seed")) }
        return seed
    }
}
