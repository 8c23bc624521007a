import Graph

extension Operation {
    /// What the operands' shapes do not say.
    var parameters: String {
        switch self {
        case .conv2D(let c), .depthwiseConv2D(let c):
            var parts = ["stride \(Self.pair(c.strideHeight, c.strideWidth))"]
            if c.dilationHeight != 1 || c.dilationWidth != 1 {
                parts.append("dilation \(Self.pair(c.dilationHeight, c.dilationWidth))")
            }
            return (parts + Self.padding(c.padding) + Self.activation(c.activation)).joined(separator: ", ")
        case .transposeConv(let c):
            return
                (["stride \(Self.pair(c.strideHeight, c.strideWidth))"] + Self.padding(c.padding)
                + Self.activation(c.activation)).joined(separator: ", ")
        case .averagePool2D(let p, _), .maxPool2D(let p):
            let window = "window \(p.filterHeight)x\(p.filterWidth), stride \(Self.pair(p.strideHeight, p.strideWidth))"
            return ([window] + Self.padding(p.padding) + Self.activation(p.activation)).joined(separator: ", ")
        case .fullyConnected(let activation), .add(let activation), .sub(let activation), .mul(let activation),
            .div(let activation):
            return Self.activation(activation).joined()
        case .concatenation(let axis, let activation):
            return (["axis \(axis)"] + Self.activation(activation)).joined(separator: ", ")
        case .product(let product):
            let turned = [product.transposesLeft ? "left" : nil, product.transposesRight ? "right" : nil].compactMap {
                $0
            }
            return turned.isEmpty ? "" : "transposed " + turned.joined(separator: " and ")
        case .mean(let axes, _), .sum(let axes, _), .reduceExtreme(let axes, _, _): return "axes " + Self.list(axes)
        case .pad(let before, let after, let value):
            return "before \(Self.list(before)), after \(Self.list(after)), value " + String(format: "%.7g", value)
        case .softmax(let beta): return beta == 1 ? "" : "beta \(beta)"
        case .localResponse(let local):
            return
                "channels -\(local.below) to +\(local.above), scale \(local.scale), bias \(local.bias), "
                + "beta \(local.beta)"
        case .unary(let function): return function.parameters
        case .resizeBilinear(let align, let half, _), .resizeNearestNeighbor(let align, let half):
            return [align ? "align corners" : nil, half ? "half pixel centers" : nil].compactMap(\.self)
                .joined(separator: ", ")
        case .transpose(let permutation): return "permutation " + Self.list(permutation)
        case .select(let indices): return "indices " + indices.map(Self.list).joined(separator: " by ")
        case .tile(let multiples): return "multiples " + Self.list(multiples)
        case .slice(let begin, let sizes, let strides):
            return "begin \(Self.list(begin)), sizes \(Self.list(sizes)), strides \(Self.list(strides))"
        case .split(let axis), .pack(let axis), .unpack(let axis), .argMax(let axis, _): return "axis \(axis)"
        case .topK(let count): return "\(count)"
        case .gather(let axis, let batches):
            return "axis \(axis)" + (batches == 0 ? "" : ", batch dimensions \(batches)")
        case .spaceToDepth(let block), .depthToSpace(let block): return "block \(block)"
        case .minimum, .maximum, .reshape, .prelu, .quantize, .dequantize, .floorDivision, .floorRemainder,
            .squaredDifference, .cast, .logSoftmax, .l2Normalization, .gatherND:
            return ""
        }
    }

    private static func pair(_ height: Int, _ width: Int) -> String {
        height == width ? "\(height)" : "\(height)x\(width)"
    }

    private static func list(_ numbers: [Int]) -> String { numbers.map { "\($0)" }.joined(separator: " ") }

    private static func padding(_ padding: Padding) -> [String] {
        padding == .zero ? [] : ["pad \(padding.top) \(padding.bottom) \(padding.left) \(padding.right)"]
    }

    private static func activation(_ activation: Activation) -> [String] {
        switch activation {
        case .none: []
        case .relu: ["relu"]
        case .reluN1To1: ["relu n1 to 1"]
        case .relu6: ["relu6"]
        }
    }
}
