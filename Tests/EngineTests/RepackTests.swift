import Bundle
import CBundle
import Engine
import Importers
import Kernels
import TestSupport
import Testing

/// Engines for bundles that are packed for another kernel set.
@Suite struct RepackTests {
    private static let bundle: [UInt8] = {
        do {
            let graph = try TFLiteImporter.readFile(OperatorSuite.modelPath("conv_2d-3x3-relu"))
            return try compile(graph, .scalar, threads: 2).bundle
        } catch {
            fatalError("a model of the operator suite does not build: \(error)")
        }
    }()

    @Test("A bundle that serves is taken as it is")
    func keeps() throws {
        for repack in [Repack.never, .whereNeeded, .to(.scalar)] {
            let engine = try Engine(Bundle(copying: Self.bundle), repack: repack)
            #expect(engine.kernelSet == .scalar && engine.repackedFrom == nil)
        }
    }

    @Test("Any set of this CPU may be asked for", arguments: availableSets)
    func packs(set: KernelSet) throws {
        let engine = try Engine(Bundle(copying: Self.bundle), repack: .to(set))
        #expect(engine.kernelSet == set && engine.threads == 2)
        #expect(engine.repackedFrom == (set == .scalar ? nil : .scalar))
    }

    @Test("A set that this CPU lacks is refused, or replaced by its best", arguments: KernelSet.allCases)
    func lacks(set: KernelSet) throws {
        guard !set.isAvailable else { return }
        let foreign = try Bundle(copying: Self.bundle).repacked(from: .scalar, for: set)
        #expect(throws: EngineError.self) { _ = try Engine(Bundle(copying: foreign)) }
        #expect(throws: EngineError.self) { _ = try Engine(Bundle(copying: Self.bundle), repack: .to(set)) }
        let engine = try Engine(Bundle(copying: foreign), repack: .whereNeeded)
        #expect(engine.kernelSet == .best && engine.repackedFrom == set)
    }

    @Test("A step that breaks its contract is refused before anything is unpacked", arguments: availableSets)
    func damaged(set: KernelSet) throws {
        let bundle = try Bundle(copying: Self.bundle)
        let view = bundle.view
        var writer = BundleWriter(strings: view.strings)
        writer.add(OC_SECTION_MODEL, [view.model.pointee])
        writer.add(OC_SECTION_TENSORS, Array(view.tensors))
        var steps = Array(view.steps)
        let convolution = try #require(steps.firstIndex { $0.kernel == OC_KERNEL_CONV.rawValue })
        steps[convolution].conv.kernel_h = 1 << 20
        writer.add(OC_SECTION_STEPS, steps)
        writer.add(OC_SECTION_INPUTS, Array(view.inputs))
        writer.add(OC_SECTION_OUTPUTS, Array(view.outputs))
        writer.add(OC_SECTION_WEIGHTS, Array(view.weights))
        let bytes = writer.finish()
        #expect(throws: EngineError.self) { _ = try Engine(Bundle(copying: bytes), repack: .to(set)) }
    }

    @Test("Many tensors over the same weights do not multiply them", arguments: KernelSet.allCases)
    func multiplied(set: KernelSet) throws {
        guard set != .scalar else { return }
        for (count, isTaken) in [(16, true), (2000, false)] {
            var file = BundleFile(Self.bundle)
            let weights = try #require(file[OC_SECTION_WEIGHTS]).bytes.count
            var tensor = oc_tensor()
            (tensor.type, tensor.rank, tensor.space) = (1, 1, UInt8(OC_SPACE_WEIGHTS.rawValue))
            (tensor.shape, tensor.bytes) = ((Int32(weights), 1, 1, 1, 1, 1), UInt32(weights))
            var tensors = try #require(file[OC_SECTION_TENSORS])
            for _ in 0..<count { withUnsafeBytes(of: tensor) { tensors.bytes += $0.prefix(60) } }
            tensors.count += UInt32(count)
            file[OC_SECTION_TENSORS] = tensors
            let bundle = try Bundle(copying: file.bytes())
            do {
                _ = try bundle.repacked(from: .scalar, for: set)
                #expect(isTaken)
            } catch {
                #expect(!isTaken && error.message.contains("grows too large"))
            }
        }
    }
}
