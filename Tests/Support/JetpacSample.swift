import JetpacWriter

/// The small networks that the vectors of `Tests/Data/jetpac` are of.
public enum JetpacSample {
    public static let names = [
        "stack_f32_plain", "stack_f32_trans", "stack_q16", "stack_q8", "stack_q8_plain", "stack_jetpac_mix", "ccvish",
        "mini_alexnet", "identity",
    ]

    private static func labels(_ count: Int) -> [String] {
        (0..<count).map { $0 % 3 == 0 ? "thing_\($0)" : "label \($0)" }
    }

    /// The file of one of `names`.
    public static func bytes(_ name: String) -> [UInt8] {
        switch name {
        case "ccvish": ccv()
        case "mini_alexnet": small()
        case "identity": identity()
        default: stack(name)
        }
    }

    /// Every class; all windows fit.
    private static func stack(_ name: String) -> [UInt8] {
        var net = Network(name)
        net.isTransposed = !name.hasSuffix("_plain")
        net.tellsOrder = name != "stack_f32_plain"
        let bits = name.contains("f32") ? 32 : name.contains("q16") ? 16 : 8
        (net.convolutionBits, net.matrixBits) = (name.hasSuffix("mix") ? 16 : bits, bits)
        net.append(net.convolution("conv1", side: 8, from: 3, to: 8, stride: 8))
        net.append("relu", "relu1")
        net.appendPool("pool1", 2, stride: 2)
        net.appendNormalization("norm1", alpha: 0.05)
        net.appendGroups("conv2", 2, side: 3, from: 8, to: 16, padding: 1)
        net.append("relu", "relu2")
        net.appendPool("pool2", 3, stride: 2)
        net.append(net.convolution("conv3", side: 1, from: 16, to: 16))
        net.append("relu", "relu3")
        net.append("flat", "flat3")
        net.appendNeurons("fc4", from: 576, to: 64, dropout: 0.5)
        net.append("relu", "relu4")
        net.append("dropout", "drop4")
        net.appendNeurons("fc5", from: 64, to: 12)
        net.append("max", "probs")
        if name.hasSuffix("mix") { return net.file(labels: labels(11), meanSide: 256) }
        let further = [
            ("comment", Tag.text("unknown keys are to be skipped")), ("version", Tag.whole(7)),
        ]
        return net.file(
            labels: labels(12), meanSide: 224, inputSize: 224, further: name == "stack_f32_trans" ? further : [])
    }

    /// As converted from libccv: normalization before pools, an even window of it, wide paddings, no flat layer.
    private static func ccv() -> [UInt8] {
        var net = Network("ccvish")
        net.append(net.convolution("c1", side: 7, from: 3, to: 12, stride: 7, bits: 16))
        net.append("relu", "r1")
        net.appendNormalization("n1", k: 2, alpha: 0.5)
        net.appendPool("p1", 3, stride: 2)
        net.append(net.convolution("c2", side: 5, from: 12, to: 8, stride: 2, padding: 3, bits: 8))
        net.append("relu", "r2")
        net.appendNormalization("n2", size: 4, alpha: 2, beta: 0.5)
        net.appendPool("p2", 2, stride: 3, mode: "average")
        net.appendNeurons("fc", from: 72, to: 20, bits: 8)
        net.append("relu", "r3")
        net.append("relu", "r3b")
        net.appendNeurons("out", from: 20, to: 8)
        net.append("max", "max")
        return net.file(labels: labels(8), meanSide: 229, meanBits: 32, inputSize: 229, source: "libccv")
    }

    /// AlexNet in small: windows of the first convolution stick out.
    private static func small() -> [UInt8] {
        var net = Network("mini_alexnet")
        (net.convolutionBits, net.matrixBits) = (16, 8)
        net.append(net.convolution("conv1", side: 11, from: 3, to: 8, stride: 4))
        net.append("relu", "relu1")
        net.appendPool("pool1", 3, stride: 2)
        net.appendNormalization("norm1")
        net.appendGroups("conv2", 2, side: 5, from: 8, to: 16, padding: 2)
        net.append("relu", "relu2")
        net.appendPool("pool2", 3, stride: 2)
        net.appendNormalization("norm2")
        net.append(net.convolution("conv3", side: 3, from: 16, to: 24, padding: 1))
        net.append("relu", "relu3")
        net.appendGroups("conv4", 2, side: 3, from: 24, to: 24, padding: 1)
        net.append("relu", "relu4")
        net.appendGroups("conv5", 2, side: 3, from: 24, to: 16, padding: 1)
        net.append("relu", "relu5")
        net.appendPool("pool5", 3, stride: 2)
        net.append("flat", "flat")
        net.appendNeurons("fc6", from: 576, to: 64, dropout: 0.5)
        net.append("relu", "relu6")
        net.appendNeurons("fc7", from: 64, to: 64, dropout: 0.5)
        net.append("relu", "relu7")
        net.appendNeurons("fc8", from: 64, to: 40)
        net.append("max", "probs")
        return net.file(labels: labels(39), meanSide: 256, inputSize: 256)
    }

    /// Gives the prepared picture itself.
    private static func identity() -> [UInt8] {
        var net = Network("identity")
        let spec = Tag.dictionary([
            ("num_kernels", Tag.whole(3)), ("ksize", Tag.whole(1)), ("stride", Tag.whole(1)),
        ])
        net.append(
            Network.node(
                "conv", "id",
                [
                    ("spec", spec), ("kernels", Tag.array([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3])),
                    ("are_kernels_transposed", Tag.whole(1)), ("has_bias", Tag.whole(1)),
                    ("bias", Tag.array([0, 0, 0], [3])), ("padding", Tag.whole(0)),
                ]))
        return net.file(labels: labels(3), meanSide: 256)
    }
}
