import Bundle
import CBundle
import CChecks
import Engine
import Kernels

/// The cases that `CChecks` carries, one after another.
public struct GoldenCases {
    private let bytes: UnsafeRawBufferPointer
    private var position: Int

    /// One model: a bundle for the portable kernels, and what the reference answers.
    public struct Case {
        public let name: UnsafeRawBufferPointer
        public let bundle: UnsafeRawBufferPointer
        public let runs: Int
        fileprivate let data: UnsafeRawBufferPointer
    }

    /// Why the carried data cannot be used; it would be a mistake in the build.
    public struct Damage: Error {}

    public init() {
        var count = 0
        let start = oc_checks_cases(&count)
        bytes = UnsafeRawBufferPointer(start: start, count: count)
        position = 12
    }

    public var count: Int { Int(bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)) }

    /// Hands out each case, then how many of its runs gave the reference's bytes on a kernel set.
    public func forEach(_ body: (Case) throws(Damage) -> Void) throws(Damage) {
        var reader = self
        for _ in 0..<count {
            let name = try reader.block()
            let bundle = try reader.block()
            let runs = try reader.number()
            let data = try reader.block()
            try body(Case(name: name, bundle: bundle, runs: runs, data: data))
        }
    }

    private mutating func number() throws(Damage) -> Int {
        guard position + 4 <= bytes.count else { throw Damage() }
        defer { position += 4 }
        return Int(bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
    }

    private mutating func block() throws(Damage) -> UnsafeRawBufferPointer {
        let count = try number()
        guard count <= bytes.count - position else { throw Damage() }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }
}

extension GoldenCases.Case {
    /// How many runs give the reference's bytes with the bundle packed for `set`; -1 where the engine refuses it.
    public func passedRuns(on set: KernelSet) -> Int {
        guard let engine = engine(for: set) else { return -1 }
        var passed = 0
        var position = 0
        for _ in 0..<runs {
            for index in 0..<engine.inputCount {
                let count = Int(engine.inputTensor(index).bytes)
                engine.write(UnsafeRawBufferPointer(rebasing: data[position..<position + count]), toInput: index)
                position += count
            }
            engine.run()
            var isSame = true
            for index in 0..<engine.outputCount {
                let found = engine.output(index)
                let flip = engine.flip(of: engine.outputTensor(index))
                for i in 0..<found.count where found[i] ^ flip != data[position + i] { isSame = false }
                position += found.count
            }
            passed += isSame ? 1 : 0
        }
        return passed
    }

    private func engine(for set: KernelSet) -> Engine? {
        do throws(BundleError) {
            let portable = try Bundle(copying: Array(bundle))
            do throws(EngineError) { return try Engine(portable, repack: .to(set)) } catch { return nil }
        } catch {
            return nil
        }
    }
}
