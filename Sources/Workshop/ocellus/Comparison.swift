import Boards
import Quantization
import Vision

/// Two models on the same pictures, the first of which is right.
struct Comparison {
    private let first: any ComparedModel
    private let second: any ComparedModel
    private let pairing: OutputPairing?
    /// Layers that both have by name, by their positions among the layers.
    private let shared: [(first: Int, second: Int)]
    private let isScaled: Bool
    private var outputs: [AgreementSums]
    private var layers: [LayerSums]
    private var input: AgreementSums?
    private var boxes: BoxAgreement?
    private var count = 0
    private var pictures: [ComparisonReport.Picture] = []
    private var drawn: [ComparisonReport.Drawn] = []

    /// Pictures that the report names.
    private static let named = 5
    /// Decibels below which two inputs are not the same picture.
    private static let sameInput = 30.0

    init(_ first: any ComparedModel, _ second: any ComparedModel) throws(Failure) {
        (self.first, self.second) = (first, second)
        let areDetectors = first.isDetector && second.isDetector
        boxes = areDetectors ? BoxAgreement() : nil
        // A detector's bundle ends where boxes begin, and so has other outputs than its model.
        let pairing: OutputPairing?
        do throws(Failure) { pairing = try OutputPairing(first, second) } catch {
            guard areDetectors else { throw error }
            pairing = nil
        }
        self.pairing = pairing
        let (a, b) = (first.outputs, second.outputs)
        outputs = (pairing?.partners ?? []).enumerated().map { index, partner in
            AgreementSums(a[index].name, shape: a[index].shape, range: b[partner].range)
        }
        if first.input.extents == second.input.extents {
            input = AgreementSums(first.input.name, shape: first.input.shape)
        }
        isScaled = first.mayScaleChannels != second.mayScaleChannels
        shared = Self.shared(first, second)
        let isScaled = isScaled
        layers = shared.map { LayerSums(shape: first.layers[$0.first].shape, isScaled: isScaled) }
    }

    /// Layers with one name and shape, which no other layer of either has; outputs are told by themselves.
    private static func shared(_ first: any ComparedModel, _ second: any ComparedModel) -> [(first: Int, second: Int)] {
        let (a, b) = (first.layers, second.layers)
        let others = Dictionary(grouping: b.indices) { b[$0].name }
        let own = Dictionary(grouping: a.indices) { a[$0].name }
        let outputs = Set(first.outputs.map(\.name) + second.outputs.map(\.name))
        return a.indices.compactMap { index in
            let name = a[index].name
            guard own[name]?.count == 1, let other = others[name], other.count == 1, !outputs.contains(name),
                !name.isEmpty, a[index].shape == b[other[0]].shape
            else { return nil }
            return (index, other[0])
        }
    }

    mutating func add(_ frame: FrameView, named name: String, _ place: Inference.Place?) throws(Failure) {
        let right = try first.run(frame, named: name, layers: Set(shared.map(\.first)))
        let other = try second.run(frame, named: name, layers: Set(shared.map(\.second)))
        input?.add(right.input, other.input)
        count += 1
        if boxes != nil {
            let own = BoxAgreement(right.objects, other.objects)
            boxes?.add(own)
            drawn.append(ComparisonReport.Drawn(input: FileName.printable(name), place: place, boxes: own))
        }
        for (index, partner) in (pairing?.partners ?? []).enumerated() {
            let (a, b) = (right.outputs[index], other.outputs[partner])
            for (model, values) in [(first, a), (second, b)] where !values.allSatisfy(\.isFinite) {
                throw Failure(
                    "\(model.path): output \(first.outputs[index].text) is not finite on \(name): the model's weights are "
                        + "damaged, or its pixels are scaled otherwise; give --mean and --std")
            }
            pictures.append(
                ComparisonReport.Picture(
                    input: FileName.printable(name), place: place, output: first.outputs[index].name,
                    agreement: outputs[index].add(a, b)))
        }
        for (index, pair) in shared.enumerated() {
            if let a = right.layers[pair.first], let b = other.layers[pair.second] { layers[index].add(a, b) }
        }
    }

    /// After one picture or more.
    func report() -> ComparisonReport {
        var report = ComparisonReport(
            models: [first, second].map { ComparisonReport.Model(file: FileName.printable($0.path), kind: $0.kind) },
            pictures: count, matched: pairing?.rule, areChannelsScaled: isScaled)
        report.boxes = boxes
        report.drawn = Array(
            drawn.filter { $0.boxes.f1 < 1 }.sorted { $0.boxes.f1 < $1.boxes.f1 }.prefix(Self.named))
        report.input = input?.agreement
        report.outputs = outputs.map(\.agreement)
        report.partners = (pairing?.partners ?? []).map { second.outputs[$0].name }
        report.worst = Array(
            pictures.sorted { $0.agreement.signalToNoise < $1.agreement.signalToNoise }.prefix(Self.named))
        report.layers = zip(shared, layers).compactMap { pair, sums in
            sums.signalToNoise.map {
                ComparisonReport.Layer(name: first.layers[pair.first].name, signalToNoise: $0)
            }
        }
        for model in [first, second] { report.notes += model.notes.map { "\(model.path): \($0)" } }
        if let input = report.input, input.signalToNoise < Self.sameInput {
            report.notes.append(
                "the two see different inputs (\(Int(input.signalToNoise.rounded())) dB): a pixel means something else to each, or "
                    + "one crops, fits or masks. Give --mean and --std; in place of a float model its sensor file can be given"
            )
        }
        return report
    }
}
