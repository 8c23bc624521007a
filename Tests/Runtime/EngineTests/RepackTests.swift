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

    @Test("Every section is there again, from every set for every set", arguments: KernelSet.allCases)
    func everySection(source: KernelSet) throws {
        let file = try compileEverySection(source, threads: 2)
        let bundle = try Bundle(copying: file)
        let before = BundleFile(file)
        for target in KernelSet.allCases {
            let bytes = try bundle.repacked(from: source, for: target)
            let repacked = try Bundle(copying: bytes)
            let after = BundleFile(bytes)
            try StepVerifier(repacked.view, set: target).verifyAll()
            for section in try BundleFields(bundle.view).sections {
                // Those of detectors have a test of their own.
                if before[section.kind] == nil, detectorSections.contains(section.kind) { continue }
                let old = try #require(before[section.kind], "the sensor lacks \(section.name)")
                let new = try #require(after[section.kind], "\(section.name) is lost, \(source) to \(target)")
                #expect(old.count > 0 && (new.count == old.count || section.kind == OC_SECTION_WEIGHTS))
                let mustBeEqual =
                    switch section.repacking {
                    case .copied: true
                    case .reformed: source.flip == target.flip
                    case .replaced: false
                    }
                let isEqual = new.bytes == old.bytes
                #expect(isEqual || !mustBeEqual, "\(section.name), \(source) to \(target)")
            }
            let (old, new) = (bundle.view.model.pointee, repacked.view.model.pointee)
            #expect(new.kernel_set == target.rawValue && new.flip == target.flip && new.threads == old.threads)
            #expect(new.caches.l1 == old.caches.l1 && new.caches.l2 == old.caches.l2 && old.caches.l1 > 0)
            #expect(
                new.origin_crc == old.origin_crc && new.macs == old.macs && new.builder.offset == old.builder.offset)
            // There and back again nothing has changed, whatever was reformed.
            let back = BundleFile(try repacked.repacked(from: target, for: source))
            for section in before.sections where section.kind != OC_SECTION_MODEL.rawValue {
                let kind = oc_section_kind(section.kind)
                if [OC_SECTION_STEPS, OC_SECTION_TENSORS, OC_SECTION_WEIGHTS].contains(kind) { continue }
                let isEqual = back[kind]?.bytes == section.bytes
                #expect(isEqual, "section \(section.kind), \(target) to \(source)")
            }
        }
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
