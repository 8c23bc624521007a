import Graph
import JetpacWriter
import TestSupport
import Testing

@testable import Importers

/// What becomes of a Jetpac network's layers, and what is refused. Their values are `ReferenceTests/JetpacTests`.
@Suite struct JetpacImporterTests {
    private func network(_ name: String) throws -> JetpacNetwork {
        try JetpacImporter.read(JetpacSample.bytes(name), name: "folder/\(name).ntwk")
    }

    private static let labels = ["a", "b"]

    /// A network of one or more layers after a convolution from 224x224x3 to 8x8x4.
    static func file(_ layers: [[UInt8]], first: [UInt8]? = nil) -> [UInt8] {
        var net = Network("net")
        net.append(first ?? net.convolution("first", side: 1, from: 3, to: 4, stride: 32))
        for layer in layers { net.append(layer) }
        return net.file(labels: labels, meanSide: 224, inputSize: 224)
    }

    private func message(_ bytes: [UInt8]) -> String {
        do throws(ImportError) {
            _ = try JetpacImporter.read(bytes, name: "m.ntwk")
            return "imported"
        } catch {
            return error.description
        }
    }

    @Test("Layers are counted as the engine counts them, whatever operations they become")
    func layers() throws {
        let small = try network("mini_alexnet")
        #expect(small.layers.count == 22 && small.layers[4].name == "conv2" && small.layers[21].name == "probs")
        #expect(small.labels.count == 39 && small.labels[1] == "label 1" && small.pictureSide == 256)
        #expect(small.graph.name == "mini_alexnet" && small.graph.nodes.count == 23)
        #expect(small.graph.outputs == [small.layers[21].result])
        // A layer that changes nothing gives what the one before it gave.
        let stack = try network("stack_q8")
        #expect(stack.layers[12].name == "drop4" && stack.layers[12].result == stack.layers[11].result)
        // A dense layer behind a picture flattens it first.
        let ccv = try network("ccvish")
        #expect(ccv.layers.count == 13 && ccv.graph.nodes.count == 15 && ccv.pictureSide == 229)
    }

    @Test("Windows may stick out at the bottom and right, and groups are one convolution")
    func geometry() throws {
        let small = try network("mini_alexnet")
        guard case .conv2D(let first) = small.graph.nodes[1].operation,
            case .conv2D(let groups) = small.graph.nodes[5].operation
        else {
            Issue.record("no convolutions")
            return
        }
        #expect(first.padding == Padding(top: 0, bottom: 3, left: 0, right: 3) && first.strideWidth == 4)
        #expect(small.graph[small.layers[0].result].shape == [1, 55, 55, 8])
        #expect(groups.padding == Padding(top: 2, bottom: 2, left: 2, right: 2))
        #expect(small.graph[small.graph.nodes[5].inputs[1]].shape == [16, 5, 5, 4])
        // The windows of normalization: an even size acts as the next odd one.
        guard case .localResponse(let even) = try network("ccvish").graph.nodes[7].operation else {
            Issue.record("no normalization")
            return
        }
        #expect(even == LocalResponse(below: 2, above: 2, scale: 0.5, bias: 1, beta: 0.5))
    }

    @Test("Groups of other layers are parts of their own")
    func groups() throws {
        let relu = Network.node("relu", "inner")
        let pool = Network.node(
            "pool", "p", [("psize", Tag.whole(2)), ("stride", Tag.whole(2)), ("mode", Tag.text("max"))])
        for (part, output) in [(relu, [1, 8, 8, 4]), (pool, [1, 4, 4, 4])] {
            let group = Network.node(
                "gconv", "g", [("layers", Tag.list([part, part])), ("layers_count", Tag.whole(2))])
            let found = try JetpacImporter.read(Self.file([group]), name: "m.ntwk")
            #expect(found.graph[found.layers[1].result].shape == output)
            #expect(found.graph.nodes.map(\.operation.name).suffix(1) == ["CONCATENATION"])
        }
        let net = Network("net")
        let unlike = [1, 3].map { net.convolution("c\($0)", side: $0, from: 2, to: 2, padding: $0 / 2) }
        let group = Network.node("gconv", "g", [("layers", Tag.list(unlike)), ("layers_count", Tag.whole(2))])
        let found = try JetpacImporter.read(Self.file([group]), name: "m.ntwk")
        #expect(found.graph[found.layers[1].result].shape == [1, 8, 8, 4])
    }

    @Test("The mean is subtracted where there is one")
    func mean() throws {
        let graph = try network("identity").graph
        #expect(graph.nodes[0].operation == .sub(.none))
        let mean = try #require(graph[graph.nodes[0].inputs[1]].reals)
        // Margin 16: x / 16 * 2 + y / 32 * 3 begins at 2.
        #expect(Array(mean.prefix(3)) == [98, 106, 114])
        let none = Tag.dictionary([
            ("input_size", Tag.whole(224)),
            ("data_mean", Tag.array([Float](repeating: 0, count: 224 * 224 * 3), [224 * 224 * 3])),
            ("layers", Tag.list([Network.node("relu", "r")])), ("label_names", Tag.list([])),
        ])
        let plain = try JetpacImporter.read(none + [1, 2, 3], name: "m.ntwk")
        #expect(plain.graph.nodes.count == 1 && plain.labels.isEmpty && plain.graph.name == "m")
    }

    @Test("Arrays of 16 and 8 bits may lack their filling, or have it")
    func filling() throws {
        for bits in [8, 16] {
            for hasFilling in [false, true] {
                let bytes: [UInt8] = bits == 8 ? [0, 128, 255] : [0, 0, 0, 128, 255, 255]
                let filled = Tag.blob(bytes)
                let blob =
                    hasFilling ? filled : Array("BLOB".utf8) + [UInt8(bytes.count), 0, 0, 0] + bytes
                let tag = Tag.dictionary([
                    ("float_bits", Tag.whole(bits)), ("dims", Tag.list([Tag.whole(3)])), ("min", Tag.real(-1)),
                    ("max", Tag.real(1)), ("quantized_data", blob),
                ])
                let reader = JetpacReader(bytes: tag, file: "m")
                let array = try JetpacArray(
                    try reader.dictionary(try reader.tag(at: 0, end: tag.count), "it"))
                // The greatest value is never reached.
                #expect(array.values == [-1, 0, bits == 8 ? 1 - 0x1p-7 : 1 - 0x1p-15])
            }
        }
    }

    /// Layers, and what is said of them.
    private static let mistakes: [(layer: [UInt8], message: String)] = {
        let net = Network("net")
        func convolution(_ changes: [(String, [UInt8])]) -> [UInt8] {
            let spec = [("num_kernels", Tag.whole(2)), ("ksize", Tag.whole(1)), ("stride", Tag.whole(1))]
            let keys: [(String, [UInt8])] = [
                ("spec", Tag.dictionary(spec)), ("kernels", Tag.array([Float](repeating: 1, count: 8), [4, 2])),
                ("has_bias", Tag.whole(0)), ("padding", Tag.whole(0)),
            ]
            // Of a key that comes twice the last one counts.
            return Network.node("conv", "c", keys + changes)
        }
        func spec(_ kernels: Int, _ side: Int, _ stride: Int) -> [(String, [UInt8])] {
            let pairs = [("num_kernels", kernels), ("ksize", side), ("stride", stride)]
            return [("spec", Tag.dictionary(pairs.map { ($0.0, Tag.whole($0.1)) }))]
        }
        func normalization(_ size: Int, _ k: Float) -> [UInt8] {
            Network.node(
                "normalize", "n",
                [("size", Tag.whole(size)), ("k", Tag.real(k)), ("alpha", Tag.real(1)), ("beta", Tag.real(1))])
        }
        let sub = Network.node("gconv", "s", [("layers", Tag.list([])), ("layers_count", Tag.whole(0))])
        return [
            (convolution([]), "imported"),
            (Network.node("lstm", "x"), "layer 1 is of class 'lstm'; conv, gconv, "),
            (Tag.dictionary([("class", Tag.text("relu"))]), "layer 1 has no 'name'"),
            (Tag.whole(3), "layer 1: a UINT where a DICT belongs"),
            (convolution(spec(0, 1, 1)), "'num_kernels' of 'spec' of layer 1 (conv 'c') is 0; 1 to "),
            (convolution(spec(2, 1, 1 << 20)), "'stride' of 'spec' of layer 1 (conv 'c') is 1048576; 1 to "),
            (convolution(spec(4, 1, 1)), "has 8 numbers, which are no 4 for each of 4 outputs"),
            (convolution(spec(1 << 20, 1 << 10, 1)), "which are no 4194304 for each of 1048576 outputs"),
            (convolution([("padding", Tag.whole(2))]), "'padding' of layer 1 (conv 'c') is 2; 0 to 1 are supported"),
            (
                convolution([("are_kernels_transposed", Tag.whole(1))]),
                "the shape [4, 2] where [2, 4] belongs (transposed)"
            ),
            (convolution([("kernels", Tag.whole(1))]), "'kernels' of layer 1 (conv 'c'): a UINT where a DICT belongs"),
            (convolution([("has_bias", Tag.whole(1))]), "layer 1 (conv 'c') has no 'bias'"),
            (
                convolution([("has_bias", Tag.whole(1)), ("bias", Tag.array([1, 2, 3], [3]))]),
                "has 3 numbers; 2 biases belong to it"
            ),
            (
                convolution([("kernels", Tag.array([.nan, 1, 1, 1, 1, 1, 1, 1], [8]))]),
                "has numbers that are not finite"
            ),
            (
                convolution([("kernels", Tag.array([1], [1 << 30, 1 << 30, 1 << 30]))]),
                "has 4 bytes of data, which are no [1073741824, 1073741824, 1073741824] numbers of 32 bits"
            ),
            (
                convolution([("kernels", Tag.array([1, 2], bits: 12, [1], from: 0, to: 1))]),
                "has 12 bits a number; 32, 16 and 8 exist"
            ),
            (
                convolution([("kernels", Tag.array([1, 2], bits: 8, [], from: 0, to: 1))]),
                "has 0 dimensions; 1 to 5 exist"
            ),
            (
                net.convolution("c", side: 12, from: 4, to: 1, stride: 4),
                "its window of 12 exceeds the 8 pixels it slides over"
            ),
            (
                Network.node("pool", "p", [("psize", Tag.whole(9)), ("stride", Tag.whole(1))]),
                "layer 1 (pool 'p'): its window of 9 exceeds the 8x8 pixels it slides over"
            ),
            (normalization(0, 1), "'size' of layer 1 (normalize 'n') is 0"),
            (normalization(5, 0), "layer 1 (normalize 'n'): its bias k is 0.0; above 0 is needed"),
            (normalization(5, .infinity), "'k' of layer 1 (normalize 'n') is not finite"),
            (Network.node("max", "m"), "layer 1 (max 'm'): its input [1, 8, 8, 4] is not flat"),
            (sub, "'layers_count' of layer 1 (gconv 's') is 0; 1 to"),
            (
                Network.node("gconv", "g", [("layers", Tag.list([sub, sub, sub])), ("layers_count", Tag.whole(3))]),
                "divides 4 channels into 3 groups"
            ),
            (
                Network.node("gconv", "g", [("layers", Tag.list([sub, sub])), ("layers_count", Tag.whole(2))]),
                "has groups within groups"
            ),
            (
                Network.node("gconv", "g", [("layers", Tag.list([])), ("layers_count", Tag.whole(2))]),
                "has 0 layers where it says 2"
            ),
        ]
    }()

    @Test("What is wrong is told with its byte and layer", arguments: mistakes.indices)
    func refusals(_ index: Int) {
        let (layer, expected) = Self.mistakes[index]
        let found = message(Self.file([layer]))
        #expect(found.contains(expected), "\(found)")
        #expect(found == "imported" || (found.hasPrefix("m.ntwk: ") && found.split(separator: "\n").count == 1))
    }

    @Test("So is a file that is none")
    func files() {
        let sound = Self.file([])
        #expect(message(sound) == "imported")
        #expect(
            message([]).hasPrefix(
                "m.ntwk: byte 0x0: 0 bytes are left where a tag of 8 or more begins; the file is damaged"))
        #expect(message(Array(sound.prefix(1000))).contains("DICT claims "))
        #expect(message(Array("LIST".utf8) + [0, 0, 0, 0]).contains("the network: a LIST where a DICT belongs"))
        #expect(
            message(Array("DICT".utf8) + [255, 255, 255, 255]).contains("DICT claims 4294967295 bytes, but 0 are left"))
        #expect(
            message(Array("DICT".utf8) + [8, 0, 0, 0] + Array("ABCD".utf8) + [0, 0, 0, 0]).contains(
                "unknown type (bytes 65 66 67 68)"))
        #expect(
            message(Tag.dictionary([("input_size", Tag.whole(100))])).contains(
                "'input_size' of the network is 100; 224 to"))
        #expect(message(Tag.dictionary([])).contains("the network has no 'layers'"))
        let layers = ("layers", Tag.list([Network.node("relu", "r")]))
        #expect(message(Tag.dictionary([layers])).contains("the network has no 'data_mean'"))
        #expect(message(Tag.dictionary([("layers", Tag.list([]))])).contains("the network has 0 layers; 1 to"))
        let mean = Tag.array([1], [1])
        #expect(
            message(Tag.dictionary([layers, ("data_mean", mean)])).contains(
                "has 1 numbers; a picture of 256 by 256 has 196608"))
        #expect(message(Self.file([], first: Network.node("flat", "f"))) == "imported")
    }
}
