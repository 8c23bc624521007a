import ArgumentParser
import CBundle
import Engine
import Graph

/// Which layer's values are asked for.
enum LayerChoice: ExpressibleByArgument, Equatable {
    /// So many layers before the last, 0 or more.
    case beforeLast(Int)
    case named(String)

    init?(argument: String) {
        guard let number = Int(argument) else {
            guard !argument.isEmpty else { return nil }
            self = .named(argument)
            return
        }
        guard (-1_000_000...0).contains(number) else { return nil }
        self = .beforeLast(-number)
    }

    /// As it is given on the command line.
    var text: String {
        switch self {
        case .beforeLast(let count): "\(-count)"
        case .named(let name): name
        }
    }

    /// Where among layers of the given names, in their order, the chosen one is. Of several of a name it is the last.
    func index(in names: [String], about path: String) throws(Failure) -> Int {
        let found: Int? =
            switch self {
            case .beforeLast(let count): count < names.count ? names.count - 1 - count : nil
            case .named(let name): names.lastIndex(of: name)
            }
        if let found { return found }
        throw Failure(
            "\(path): --layer \(text): "
                + (names.isEmpty
                    ? "it has no layers whose values could be told"
                    : "it has the layers 0, '\(names[names.count - 1])', to \(1 - names.count), '\(names[0])'; "
                        + "'ocellus inspect' lists tensors by their names"))
    }
}

/// A layer's values as `ocellus run --layer` tells them.
struct LayerValues: Codable {
    var name: String
    var shape: [Int]
    /// Row-major real numbers.
    var values: [Float]

    /// Little-endian, one behind the other.
    var bytes: [UInt8] { values.withUnsafeBytes { Array($0) } }
}

extension TrainedModel {
    /// Layers in order, each with the tensor that it makes: a Jetpac network's own, else the graph's operations.
    var layers: [(name: String, result: TensorID)] {
        if let network { return network.layers.map { ($0.name, $0.result) } }
        return graph.nodes.map { (graph[$0.outputs[0]].name, $0.outputs[0]) }
    }
}

/// A tensor of a bundle that is read between two steps.
struct EngineLayer {
    let tensor: oc_tensor
    /// The step after which it is complete.
    let step: Int

    let name: String

    /// - Throws: where there is no such layer, or it is never whole, as those of operators that run in strips.
    init(_ choice: LayerChoice, of engine: borrowing Engine, about path: String) throws(Failure) {
        let layers = Self.all(of: engine)
        self = layers[try choice.index(in: layers.map(\.name), about: path)]
        guard isWhole(in: engine) else {
            throw Failure(
                "\(path): --layer \(choice.text): '\(name)' is never whole in the bundle, as its operators run in strips; "
                    + "name another layer, or the float model instead of the bundle")
        }
    }

    private init(_ tensor: oc_tensor, _ step: Int, _ name: String) {
        (self.tensor, self.step, self.name) = (tensor, step, name)
    }

    /// In the order of their steps; some may never be whole.
    static func all(of engine: borrowing Engine) -> [EngineLayer] {
        let view = engine.bundle.view
        var layers: [EngineLayer] = []
        for index in view.tensors.indices {
            let tensor = view.tensors[index]
            // Edges in float32 are int8 layers told otherwise.
            guard UInt32(tensor.space) == OC_SPACE_ARENA.rawValue, tensor.type != ElementType.float32.rawValue,
                let step = StepByStep.completion(of: tensor, in: view.steps),
                view.steps[step].kernel != OC_KERNEL_QUANTIZE.rawValue
            else { continue }
            layers.append(EngineLayer(tensor, step, view.string(tensor.name)))
        }
        return layers.sorted { ($0.step, $0.tensor.offset) < ($1.step, $1.tensor.offset) }
    }

    /// Whether all of it is there at once: each byte of a whole tensor is written once.
    func isWhole(in engine: borrowing Engine) -> Bool {
        let view = engine.bundle.view
        let written = (0...step).reduce(0) { sum, index in
            let part = view.steps[index]
            return sum + (StepByStep.writes(part, into: tensor, at: index) ? Int(part.out.bytes) : 0)
        }
        return written == Int(tensor.bytes)
    }

    /// Its values as real numbers, when its step has run.
    func values(_ engine: borrowing Engine) -> LayerValues {
        let description = engine.describe(tensor)
        let flip = engine.flip(of: tensor)
        let raw = engine.bytes(of: tensor).map { $0 ^ flip }
        return LayerValues(
            name: description.name, shape: description.shape,
            values: OutputSummary.values(raw, description).map { Float($0) })
    }
}
