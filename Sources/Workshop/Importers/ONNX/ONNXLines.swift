import Graph
import ONNXFormat

/// Windows that slide over one dimension: pictures of one row.
extension ONNXTranslator {
    /// Attributes with a number a dimension, or two, and the number of an added dimension.
    private static let lists = [
        "kernel_shape": 1, "strides": 1, "dilations": 1, "pads": 0, "output_padding": 0, "output_shape": 1,
    ]

    /// The result of a node of windows on `[N, C, W]`, as one on `[N, C, 1, W]`; nil where its input is none.
    func line(_ node: ONNXNode, _ type: ONNXOperator) throws(ImportError) -> ONNXValue? {
        let x = try required(node, 0)
        guard x.shape.count == 3 else { return nil }
        var proto = node.proto
        for index in proto.attribute.indices {
            guard let added = Self.lists[proto.attribute[index].name] else { continue }
            let list = proto.attribute[index].ints
            switch (proto.attribute[index].name, list.count) {
            case ("pads", 2): proto.attribute[index].ints = [0, list[0], 0, list[1]]
            case ("pads", _): throw node.damaged("its pads are \(list)")
            case (_, 1): proto.attribute[index].ints = [Int64(added)] + list
            case ("output_shape", _): proto.attribute[index].ints = [1] + list.suffix(1)
            default: throw node.damaged("its \(proto.attribute[index].name) are \(list)")
            }
        }
        func name(_ position: Int) -> String { "operand \(position) of \(node.origin) as a picture" }
        define(name(0), try reshaped(x, to: [x.shape[0], x.shape[1], 1, x.shape[2]], node))
        proto.input[0] = name(0)
        if type == .conv || type == .convTranspose {
            var weights = try required(node, 1)
            guard weights.shape.count == 3, weights.isConstant else {
                throw node.refuse("its weights are no constant of three dimensions")
            }
            weights.shape.insert(1, at: 2)
            define(name(1), weights)
            proto.input[1] = name(1)
        }
        let inner = ONNXNode(proto: proto, index: node.index, file: file)
        guard let result = try translate(type, inner).first, result.shape.count == 4 else {
            throw node.damaged("has no result")
        }
        return try reshaped(result, to: [result.shape[0], result.shape[1], result.shape[3]], node)
    }
}
