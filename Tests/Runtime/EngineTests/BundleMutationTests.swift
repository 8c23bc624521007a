import Bundle
import CBundle
import Compiler
import Engine
import Importers
import Kernels
import TestSupport
import Testing

/// No bytes make the bundle's reader, its verifiers or a kernel crash, hang or leave their memory.
@Suite struct BundleMutationTests {
    /// A bundle of each operator, of several, and of the person detector with all sensor records, for every kernel set.
    static func bundles() throws -> [(name: String, bytes: [UInt8])] {
        let chains = try OperatorSuite.cases(of: "chain").map {
            (name: $0, bytes: try TestFiles.bytes(OperatorSuite.modelPath($0)))
        }
        var bundles: [(name: String, bytes: [UInt8])] = []
        for model in try TestFiles.smallModels() + chains {
            let graph = try TFLiteImporter.read(model.bytes, name: model.name)
            for (threads, set) in availableSets.enumerated() {
                bundles.append(("\(model.name) for \(set)", try compile(graph, set, threads: threads + 1).bundle))
            }
        }
        return try bundles + [sensor(.scalar), sensor(.best), cascade(.scalar), cascade(.best)]
    }

    private static func cascade(_ set: KernelSet) throws -> (name: String, bytes: [UInt8]) {
        ("cascade", graftCascade(onto: try compileMeans(set), try compileEverySection(set)))
    }

    /// A person sensor with every section that there is.
    private static func sensor(_ set: KernelSet) throws -> (name: String, bytes: [UInt8]) {
        ("sensor", try compileEverySection(set))
    }

    private static func run(
        _ name: String, _ files: [(name: String, bytes: [UInt8])], cases: Int, _ damage: (UInt64, [UInt8]) -> [UInt8]
    )
        throws -> (run: MutationRun, ran: Int)
    {
        let redzones = Redzones()
        var ran = 0
        let run = try MutationRun(name, files: files, cases: cases, damage: damage) { bytes in
            do throws(BundleError) {
                let bundle = try Bundle(copying: bytes)
                let model = bundle.view.model.pointee
                guard let set = KernelSet(rawValue: model.kernel_set), set.isAvailable else { return false }
                try StepVerifier(bundle.view, set: set).verifyAll()
                readAll(bundle.view)
                guard model.arena_bytes <= 1 << 24, bundle.view.work < 4e6 else { return true }
                if let second = bundle.view.second {
                    let model = second.model.pointee
                    guard let set = KernelSet(rawValue: model.kernel_set), set.isAvailable else { return false }
                    try StepVerifier(second, set: set).verifyAll()
                    guard model.arena_bytes <= 1 << 24, second.work < 2e7 else { return true }
                }
                try runAll(bundle.repacked(from: set, for: .scalar), redzones)
            } catch {
                #expect(!error.message.isEmpty && (0...bytes.count).contains(error.byte))
                return false
            }
            try runAll(bytes, redzones)
            ran += 1
            return true
        }
        return (run, ran)
    }

    private static func runAll(_ bytes: [UInt8], _ redzones: Redzones?) throws(BundleError) {
        let first = try Bundle(copying: bytes)
        let second = try Bundle(copying: bytes)
        do throws(EngineError) {
            let engine = try Engine(first, threads: 1)
            engine.run()
            engine.runPicture()
            redzones?.run(engine)
            if engine.bundle.view.second != nil {
                let second = try Engine(secondOf: engine)
                second.run()
                second.runPicture()
            }
            if engine.bundle.view.model.pointee.threads > 1 { try Engine(second, threads: 2).run() }
        } catch {
            Issue.record("what the verifier took must run: \(error.message)")
        }
    }

    /// Everything that programs read of a verified bundle.
    private static func readAll(_ view: BundleView) {
        let texts = try? BundleFields(view).texts
        #expect((texts ?? []).count >= 4, "the model's record alone has four")
    }

    @Test("Bundles with damaged records are refused, or run within their memory")
    func damagedRecords() throws {
        let (run, ran) = try Self.run("bundle-records", Self.bundles(), cases: 12_000) { seed, bytes in
            var mutator = BundleMutator(seed: seed)
            return mutator.mutate(bytes)
        }
        #expect(run.accepted + run.refused == run.cases)
        #expect(run.refused > run.cases / 4, "the damage is found")
        #expect(ran > run.cases / 10, "the damage is not always fatal, so kernels are reached")
        #expect(run.isBounded, "\(run.slowest)")
    }

    @Test("Damaged bundle files are refused")
    func damagedFiles() throws {
        let run = try Self.run("bundle", Self.bundles(), cases: 6_000) { seed, bytes in
            var mutator = Mutator(seed: seed)
            return mutator.mutate(bytes)
        }.run
        // What no checksum covers is the padding between sections.
        #expect(run.refused > run.cases * 9 / 10)
    }
}

extension BundleView {
    /// About how many elements one inference touches, never too few.
    fileprivate var work: Double {
        steps.reduce(0) { sum, step in
            let moved = Double(step.in.0.bytes) + Double(step.in.1.bytes) + Double(step.out.bytes)
            switch oc_kernel(rawValue: step.kernel) {
            case OC_KERNEL_CONV, OC_KERNEL_CONV_ADD, OC_KERNEL_CONV_WIDE, OC_KERNEL_DEPTHWISE,
                OC_KERNEL_DEPTHWISE_MULTIPLIED,
                OC_KERNEL_TRANSPOSE_CONV:
                let pixels = Double(step.out.bytes) / Double(step.conv.out_c)
                return sum + moved + pixels * Double(step.constants.bytes)
            case OC_KERNEL_MATRIX:
                return sum + moved + Double(step.matrix.rows) * Double(step.constants.bytes)
            case OC_KERNEL_AVERAGE_POOL, OC_KERNEL_MAX_POOL:
                let p = step.pool
                return sum + moved + Double(step.out.bytes) * Double(min(p.kernel_h, p.in_h))
                    * Double(min(p.kernel_w, p.in_w))
            default:
                return sum + moved
            }
        }
    }
}
