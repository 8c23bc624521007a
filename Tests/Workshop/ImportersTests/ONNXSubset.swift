/// What of ONNX's own tests is about networks on pictures, and which of those do not pass, with the reason.
enum ONNXSubset {
    /// Operators that convolutional networks are made of, as exporters write them. A test that has others is not counted.
    static let operators: Set<String> = [
        "Conv", "ConvInteger", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool",
        "BatchNormalization", "InstanceNormalization", "LayerNormalization", "LRN", "Resize", "Upsample", "QLinearConv",
        "QLinearMatMul", "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "Softmax",
        "LogSoftmax", "Clip", "Concat", "Split", "Slice", "Pad", "Reshape", "Transpose", "Gemm", "MatMul", "ReduceMean",
        "ReduceSum", "ReduceMax", "ReduceMin", "Relu", "Sigmoid", "Tanh", "LeakyRelu", "PRelu", "Elu", "Selu", "Celu",
        "HardSigmoid", "HardSwish", "Softplus", "Softsign", "ThresholdedRelu", "Mish", "Gelu", "Swish", "Exp", "Log",
        "Sqrt", "Abs", "Neg", "Reciprocal", "Erf", "Pow", "Add", "Sub", "Mul", "Div", "Sum", "Mean", "Max", "Min",
        "Flatten", "Squeeze", "Unsqueeze", "Expand", "Tile", "Identity", "Dropout", "Constant", "ConstantOfShape",
        "Shape", "Size", "Gather", "DepthToSpace", "SpaceToDepth", "Floor", "Ceil", "Round", "Sign", "Range", "ArgMax",
        "GroupNormalization", "RMSNormalization", "NonMaxSuppression", "Cast", "ReduceL2", "Equal", "Where",
    ]

    /// Not about networks that look at pictures: volumes, what only training does, text and lists. By a part of the test's name.
    static let excluded = [
        "3d", "Conv3d", "AvgPool3d", "MaxPool3d", "training", "STRING", "string", "identity_opt", "identity_sequence",
    ]

    /// By a part of the test's name.
    static let exceptions: [(part: String, reason: String)] = [
        ("nonmaxsuppression", "how many boxes remain is known only after an inference"),
        ("select_last_index", "of equal maxima the last: the kernels give the first"),
        ("with_argmax", "places of maxima, for an unpooling that is not supported"),
        ("dynamicquantizelinear", "scales that change from picture to picture: such models are taken as float"),
        ("split_zero_size_splits", "results without elements"), ("Embedding", "int64 elements"),
        ("STRING", "text"), ("BFLOAT16", "the test has the numbers as whole ones"),
        ("empty_set", "a reduction of nothing"),
    ]
}
