import Boards
import Bundle
import CBundle
import Compiler
import Graph
import Heads
import Kernels

/// A bundle of a detector, and tensors of any bytes in place of what its network gives.
struct DetectorBundle: ~Copyable {
    let bundle: Bundle
    let head: DetectorHead
    private let quantizations: [TensorID: Quantization]
    /// By the tensor of the head: bytes as they lie in the arena.
    var bytes: [TensorID: [UInt8]] = [:]
    private let flip: UInt8
    private let order: [TensorID]

    /// - Parameters:
    ///   - layers: channels of each layer, and pixels between its places.
    ///   - scales: of each layer.
    init(
        side: Int, layers: [(channels: Int, stride: Int)], scales: [Quantization], kernels: String = "scalar",
        head make: ([TensorID]) -> DetectorHead
    ) throws {
        try self.init(
            width: side, height: side,
            layers: layers.map { Layer(channels: $0.channels, strideX: $0.stride, strideY: $0.stride) },
            scales: scales, kernels: kernels, head: make)
    }

    struct Layer {
        var channels: Int
        var strideX: Int
        var strideY: Int
    }

    init(
        width: Int, height: Int, layers: [Layer], scales: [Quantization], kernels: String = "scalar",
        head make: ([TensorID]) -> DetectorHead
    ) throws {
        var graph = Graph(name: "detector")
        let input = graph.append(
            Tensor(
                name: "picture", shape: [1, height, width, 3], type: .int8,
                quantization: Quantization(scale: 1 / 255, zeroPoint: -128)))
        graph.inputs = [input]
        var ids: [TensorID] = []
        for (layer, scale) in zip(layers, scales) {
            let rows = (height - 1) / layer.strideY + 1
            let columns = (width - 1) / layer.strideX + 1
            let weights = graph.append(
                Tensor(
                    name: "weights", shape: [layer.channels, 1, 1, 3], type: .int8,
                    quantization: Quantization(scale: 0.01, zeroPoint: 0),
                    constant: [UInt8](repeating: 1, count: 3 * layer.channels)))
            let bias = graph.append(
                Tensor(
                    name: "bias", shape: [layer.channels], type: .int32,
                    quantization: Quantization(scale: Float(0.01) / 255, zeroPoint: 0),
                    constant: [UInt8](repeating: 0, count: 4 * layer.channels)))
            let result = graph.append(
                Tensor(
                    name: "layer \(ids.count)", shape: [1, rows, columns, layer.channels], type: .int8,
                    quantization: scale))
            graph.nodes.append(
                Node(
                    .conv2D(Convolution(strideHeight: layer.strideY, strideWidth: layer.strideX)),
                    inputs: [input, weights, bias], outputs: [result], origin: "layer \(ids.count)"))
            ids.append(result)
        }
        graph.outputs = ids
        try graph.validate()
        let head = make(ids)
        var options = Compiler.Options(board: try BoardProfile.find("host"))
        options.kernelSet = kernels == "scalar" ? .scalar : nil
        options.head = head
        let made = try Compiler(options).compile(graph, origin: "detector.tflite", originBytes: [])
        // Members come last: Swift 6.3 knows no half of a noncopyable value.
        let bundle = try Bundle(copying: made.bundle)
        let flip = UInt8(bundle.view.model.pointee.flip)
        self.bundle = bundle
        self.head = head
        self.flip = flip
        order = ids
        quantizations = Dictionary(uniqueKeysWithValues: zip(ids, scales))
        for id in ids { bytes[id] = [UInt8](repeating: flip, count: graph[id].elementCount) }
    }

    /// The real numbers that a tensor's bytes stand for.
    func reals(_ id: TensorID) -> [Float] {
        let quantization = quantizations[id] ?? Quantization(scale: 1, zeroPoint: 0)
        return (bytes[id] ?? []).map {
            quantization.scale * Float(Int32(Int8(bitPattern: $0 ^ flip)) - quantization.zeroPoint)
        }
    }

    /// An element as it lies in the arena.
    func byte(_ element: Int8) -> UInt8 { UInt8(bitPattern: element) ^ flip }

    /// Calls with the bytes of each tensor of the bundle.
    func withTensors<R>(_ body: ((oc_tensor) -> UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let outputs = bundle.view.outputs.map { bundle.view.tensors[Int($0)].offset }
        var copies: [UInt32: UnsafeMutableRawBufferPointer] = [:]
        for (id, offset) in zip(order, outputs) {
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes[id]?.count ?? 0, alignment: 64)
            copy.copyBytes(from: bytes[id] ?? [])
            copies[offset] = copy
        }
        defer { for copy in copies.values { copy.deallocate() } }
        return try body { UnsafeRawBufferPointer(copies[$0.offset]!) }
    }
}
