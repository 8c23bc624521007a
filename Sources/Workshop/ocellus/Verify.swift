import ArgumentParser
import Boards
import Bundle
import CBundle
import Compiler
import Engine
import Graph
import Kernels

/// `ocellus verify`: proves that a bundle computes what its model says.
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prove that a bundle gives the reference's bytes.",
        discussion: """
            Runs the bundle step by step beside the reference executor, which computes the model one element at a time, and \
            compares every tensor. A bundle for another CPU is packed again in memory for this one. What fusing took away has \
            no bytes in the bundle; its successors are compared. The \
            first step that differs is named.

              ocellus verify person_detect.tflite person-sensor.ocellus
              ocellus verify person_detect.tflite person-sensor.ocellus --runs 10 --seed 7
              ocellus verify sensor.yaml person-sensor.ocellus
              ocellus verify person_detect.tflite person-sensor.ocellus --input-raw inputs.bin --runs 0
            """)

    @Argument(help: "The .tflite model or sensor file that the bundle was built from.", completion: .source)
    var model: String

    @Argument(help: "The bundle.", completion: .bundle)
    var bundle: String

    @Option(help: "Random inputs to try, 0 to 10000.")
    var runs = 2

    @Option(help: "Which random inputs: the same seed gives the same ones.")
    var seed: UInt64 = 1

    @Option(
        help: "Try the input tensors in this file first: one after another, in the model's order.", completion: .file())
    var inputRaw: String?

    func validate() throws {
        if !(0...10_000).contains(runs) {
            throw ValidationError("--runs \(runs) is out of range; give 0 to 10000")
        }
        if runs == 0 && inputRaw == nil {
            throw ValidationError("nothing to try; give --input-raw, or --runs above 0")
        }
    }

    func run() throws {
        let progress = Progress()
        progress.show("reading \(model)")
        let (trained, graph) = try reference()
        guard graph.level == .quantized else {
            throw Failure(
                model,
                "a model in float32, which no bundle gives the bytes of; 'ocellus build --calibrate' tells how they agree"
            )
        }
        let opened = try Bundle.opened(bundle)
        try Self.check(opened.view, madeFrom: trained, bundle)
        guard opened.view.inputs.count >= graph.inputs.count else {
            throw Failure(
                "\(bundle): the sensor file that it is built from gives values to inputs; name that file in place of \(model)"
            )
        }
        let source = KernelSet(rawValue: opened.view.model.pointee.kernel_set)
        let packed: Bundle
        do throws(EngineError) { packed = try opened.packed(.whereNeeded) } catch {
            throw Failure(bundle, error.message)
        }
        let engine = try Engine.started(packed, threads: nil, about: bundle)
        let proof = try StepByStep(engine, graph, model: model, bundle: bundle)

        var inputs: [(name: String, bytes: [UInt8])] = []
        if let inputRaw {
            let raw = try WholeFile.read(inputRaw)
            guard raw.count == engine.inputBytes else {
                throw Failure(
                    "\(inputRaw): has \(Format.count(raw.count, "byte")), but the model's inputs take "
                        + "\(Format.grouped(engine.inputBytes))")
            }
            inputs.append((inputRaw, raw))
        }
        var random = SeededGenerator(seed: seed)
        for index in 0..<runs {
            let bytes = (0..<engine.inputCount).flatMap { engine.describe(engine.inputTensor($0)).randomBytes(&random) }
            inputs.append(("random input \(index), seed \(seed)", bytes))
        }
        for (index, input) in inputs.enumerated() {
            let counter = "input \(index + 1) of \(inputs.count)"
            let difference = proof.firstDifference(engine, input.bytes) { node, count in
                progress.show("\(counter): operator \(node) of \(count)")
            }
            if let difference {
                progress.clear()
                throw Failure("\(bundle): \(difference) (\(input.name)); build it again, and report this if it stays")
            }
        }
        progress.clear()
        print(FileName.printable("\(bundle): the same bytes as \(model)"))
        if let source, source != engine.kernelSet {
            print("  packed again for \(engine.kernelSet.name): this CPU lacks \(source.name)")
        }
        for line in proof.summary(inputs: inputs.count) { print(line) }
    }

    /// The model, and its graph as the bundle has it.
    private func reference() throws(Failure) -> (TrainedModel, Graph) {
        switch try Subject(path: model) {
        case .bundle: throw Failure("\(model): \(FileKind.bundle.words(insteadOf: "the model it is built from"))")
        case .model(let trained): return (trained, trained.graph)
        case .sensor(let sensor, _, let trained):
            do throws(CompileError) { return (trained, try trained.graph.holding(sensor)) } catch {
                throw Failure(model, error.description)
            }
        }
    }

    private static func check(_ view: BundleView, madeFrom model: TrainedModel, _ path: String) throws(Failure) {
        let crc = model.bytes.withUnsafeBytes { oc_crc32c(0, $0.baseAddress, $0.count) }
        guard crc == view.model.pointee.origin_crc else {
            let record = view.model.pointee
            throw Failure(
                "\(path): built from \(view.string(record.origin)) with CRC-32C \(Format.hexadecimal(record.origin_crc)), "
                    + "but \(model.path) has \(Format.hexadecimal(crc)); give the other model, or build the bundle again"
            )
        }
    }
}
