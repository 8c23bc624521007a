import Graph
import Importers
import Kernels
import TestSupport
import Testing

@testable import Compiler

/// The check of the arena's plan that every build makes.
@Suite struct ArenaCheckTests {
    private static func planned(_ name: String) throws -> (draft: Draft, storage: Storage) {
        let graph = try TFLiteImporter.readFile(OperatorSuite.modelPath(name))
        let draft = try Lowering.lower(try Simplification.simplify(graph).0, set: .avx2)
        return (draft, Storage(draft, keeping: [], threads: 1))
    }

    private static func check(_ draft: Draft, _ storage: Storage, moving id: TensorID? = nil, by bytes: Int = 0) throws
    {
        var offsets = storage.arenaOffsets
        if let id { offsets[id, default: 0] += bytes }
        var check = ArenaCheck(draft, offsets: offsets, arenaBytes: storage.arenaBytes)
        try check.run(scratch: storage.scratchOffsets, threads: 1, keeping: [])
    }

    @Test("A tensor that lies over another one while that is alive is found")
    func overlap() throws {
        var found = 0
        for name in OperatorSuite.cases(of: "chain") {
            let (draft, storage) = try Self.planned(name)
            try Self.check(draft, storage)
            for (id, offset) in storage.arenaOffsets where draft.root(of: id).base == id {
                // At the place of every other one.
                for (other, place) in storage.arenaOffsets where place != offset {
                    guard draft.root(of: other).base == other else { continue }
                    do { try Self.check(draft, storage, moving: id, by: place - offset) } catch { found += 1 }
                }
            }
        }
        #expect(found > 0)
    }

    @Test("Scratch that spoils what its step reads is found, and so is a place behind the arena's end")
    func scratch() throws {
        let (draft, storage) = try Self.planned("conv_2d-3x3-relu")
        let step = try #require(draft.steps.firstIndex { $0.scratchBytes > 0 })
        var scratch = storage.scratchOffsets
        scratch[step] = storage.arenaOffsets[draft.steps[step].inputs[0]]
        var check = ArenaCheck(draft, offsets: storage.arenaOffsets, arenaBytes: storage.arenaBytes)
        #expect(throws: CompileError.self) { try check.run(scratch: scratch, threads: 1, keeping: []) }
        #expect(throws: CompileError.self) {
            try Self.check(draft, storage, moving: draft.graph.outputs[0], by: storage.arenaBytes)
        }
    }
}
