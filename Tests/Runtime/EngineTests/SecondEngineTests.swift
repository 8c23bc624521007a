import Bundle
import CBundle
import Engine
import Kernels
import TestSupport
import Testing

/// Two engines in one arena: a detector's and its cascade's.
@Suite struct SecondEngineTests {
    private static func picture(_ engine: borrowing Engine) -> [UInt8] {
        (0..<Int(engine.inputTensor(0).bytes)).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 >> 5) }
    }

    @Test("The second one computes in the first one's arena what it does alone", arguments: availableSets)
    func shared(set: KernelSet) throws {
        let second = try compileEverySection(set)
        let alone = try Engine(bundle: second)
        let expected = alone.infer([Self.picture(alone)])
        let plain = try Engine(bundle: compileMeans(set))
        #expect(plain.arenaBytes < alone.arenaBytes, "the second one needs more, or nothing is shown")
        let first = try Engine(bundle: graftCascade(onto: compileMeans(set), second))
        #expect(first.arenaBytes == alone.arenaBytes, "the larger of both, not the sum")
        let inputs = (0..<first.inputCount).map { _ in Self.picture(first) }
        let before = first.infer(inputs)
        let engine = try Engine(secondOf: first)
        #expect(engine.infer([Self.picture(engine)]) == expected)
        #expect(engine.arenaBytes == first.arenaBytes)
        // They take turns.
        #expect(first.infer(inputs) == before)
        #expect(engine.infer([Self.picture(engine)]) == expected)
    }

    @Test("It takes the first one's threads where it was built for as many")
    func threads() throws {
        for (own, expected) in [(1, 1), (2, 2), (3, 2)] {
            let second = try compileEverySection(.scalar, threads: own)
            let first = try Engine(bundle: graftCascade(onto: compileMeans(.scalar, threads: 2), second))
            let engine = try Engine(secondOf: first)
            #expect(engine.threads == expected)
            let alone = try Engine(bundle: second, threads: 1)
            #expect(engine.infer([Self.picture(engine)]) == alone.infer([Self.picture(alone)]))
        }
    }

    @Test("One for another CPU is packed again where that may be, or refused", arguments: KernelSet.allCases)
    func foreign(set: KernelSet) throws {
        guard !set.isAvailable else { return }
        let own = try compileEverySection(.scalar)
        let foreign = try Bundle(copying: own).repacked(from: .scalar, for: set)
        let file = graftCascade(onto: try compileMeans(.scalar), foreign)
        #expect(throws: EngineError.self) { _ = try Engine(Bundle(copying: file)) }
        let first = try Engine(Bundle(copying: file), repack: .whereNeeded)
        let engine = try Engine(secondOf: first, repack: .whereNeeded)
        #expect(engine.kernelSet == .best && engine.repackedFrom == set)
        let alone = try Engine(bundle: own)
        #expect(engine.infer([Self.picture(engine)]) == alone.infer([Self.picture(alone)]))
    }

    @Test("A bundle without a cascade has no second one")
    func none() throws {
        let first = try Engine(bundle: compileMeans(.scalar))
        #expect(throws: EngineError.self) { _ = try Engine(secondOf: first) }
    }
}
