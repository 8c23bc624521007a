import ArgumentParser
import Bundle
import CBundle
import Engine
import Graph

/// `ocellus verify`: proves that a bundle computes what its model says.
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prove that a bundle gives the reference's bytes.",
        discussion: """
            Runs the bundle step by step beside the reference executor, which computes the model one element at a time, and \
            compares every tensor. What fusing took away has no bytes in the bundle; its successors are compared. The \
            first step that differs is named.

              ocellus verify person_detect.tflite person-sensor.ocellus
              ocellus verify person_detect.tflite person-sensor.ocellus --runs 10 --seed 7
              ocellus verify person_detect.tflite person-sensor.ocellus --input-raw inputs.bin --runs 0
            """)

    @Argument(help: "The .tflite model that the bundle was built from.")
    var model: String

    @Argument(help: "The bundle.")
    var bundle: String

    @Option(help: "Random inputs to try, 0 to 10000.")
    var runs = 2

    @Option(help: "Which random inputs: the same seed gives the same ones.")
    var seed: UInt64 = 1

    @Option(help: "Try the input tensors in this file first: one after another, in the model's order.")
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
        let trained = try TrainedModel(path: model)
        let opened = try Bundle.opened(bundle)
        try Self.check(opened.view, madeFrom: trained, bundle)
        let engine = try Engine.started(opened, threads: nil, about: bundle)
        let proof = try StepByStep(engine, trained.graph, model: model, bundle: bundle)

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
        print("\(bundle): the same bytes as \(model)")
        for line in proof.summary(inputs: inputs.count) { print(line) }
    }

    private static func check(_ view: BundleView, madeFrom model: TrainedModel, _ path: String) throws(Failure) {
        let crc = model.bytes.withUnsafeBytes { oc_crc32c(0, $0.baseAddress, $0.count) }
        guard crc == view.model.pointee.origin_crc else {
            let record = view.model.pointee
            throw Failure(
                "\(path): built from \(view.string(record.origin)) with CRC-32C \(BundleReport.hexadecimal(record.origin_crc)), "
                    + "but \(model.path) has \(BundleReport.hexadecimal(crc)); give the other model, or build the bundle again"
            )
        }
    }
}
