import Graph
import ONNXFormat

/// ONNX's operators that are taken, by its names.
enum ONNXOperator: String {
    case conv = "Conv"
    case convTranspose = "ConvTranspose"
    case maxPool = "MaxPool"
    case averagePool = "AveragePool"
    case globalAveragePool = "GlobalAveragePool"
    case globalMaxPool = "GlobalMaxPool"
    case gemm = "Gemm"
    case matMul = "MatMul"
    case batchNormalization = "BatchNormalization"
    case localResponse = "LRN"
    case relu = "Relu"
    case sigmoid = "Sigmoid"
    case tanh = "Tanh"
    case exp = "Exp"
    case log = "Log"
    case abs = "Abs"
    case neg = "Neg"
    case sqrt = "Sqrt"
    case hardSwish = "HardSwish"
    case erf = "Erf"
    case softplus = "Softplus"
    case mish = "Mish"
    case reciprocal = "Reciprocal"
    case leakyRelu = "LeakyRelu"
    case elu = "Elu"
    case hardSigmoid = "HardSigmoid"
    case gelu = "Gelu"
    case add = "Add"
    case sub = "Sub"
    case mul = "Mul"
    case div = "Div"
    case min = "Min"
    case max = "Max"
    case sum = "Sum"
    case pRelu = "PRelu"
    case clip = "Clip"
    case pow = "Pow"
    case softmax = "Softmax"
    case concat = "Concat"
    case split = "Split"
    case slice = "Slice"
    case pad = "Pad"
    case gather = "Gather"
    case transpose = "Transpose"
    case resize = "Resize"
    case upsample = "Upsample"
    case depthToSpace = "DepthToSpace"
    case spaceToDepth = "SpaceToDepth"
    case reduceMean = "ReduceMean"
    case reduceSum = "ReduceSum"
    case reduceMax = "ReduceMax"
    case reduceMin = "ReduceMin"
    case argMax = "ArgMax"
    case identity = "Identity"
    case dropout = "Dropout"
    case constant = "Constant"
    case constantOfShape = "ConstantOfShape"
    case shape = "Shape"
    case cast = "Cast"
    case reshape = "Reshape"
    case flatten = "Flatten"
    case squeeze = "Squeeze"
    case unsqueeze = "Unsqueeze"
    case expand = "Expand"
    case tile = "Tile"
    case range = "Range"
    case floor = "Floor"
    case ceil = "Ceil"
    case round = "Round"
    case sign = "Sign"
    case celu = "Celu"
    case selu = "Selu"
    case softsign = "Softsign"
    case thresholdedRelu = "ThresholdedRelu"
    case swish = "Swish"
    case logSoftmax = "LogSoftmax"
    case mean = "Mean"
    case argMin = "ArgMin"
    case reduceL1 = "ReduceL1"
    case reduceL2 = "ReduceL2"
    case reduceLogSum = "ReduceLogSum"
    case reduceLogSumExp = "ReduceLogSumExp"
    case reduceSumSquare = "ReduceSumSquare"
    case reduceProd = "ReduceProd"
    case instanceNormalization = "InstanceNormalization"
    case layerNormalization = "LayerNormalization"
    case groupNormalization = "GroupNormalization"
    case rmsNormalization = "RMSNormalization"
    case meanVarianceNormalization = "MeanVarianceNormalization"
    case equal = "Equal"
    case greater = "Greater"
    case greaterOrEqual = "GreaterOrEqual"
    case less = "Less"
    case lessOrEqual = "LessOrEqual"
    case and = "And"
    case or = "Or"
    case xor = "Xor"
    case not = "Not"
    case choice = "Where"
    case remainder = "Mod"
    case size = "Size"
    case quantizeLinear = "QuantizeLinear"
    case dequantizeLinear = "DequantizeLinear"
    case dynamicQuantizeLinear = "DynamicQuantizeLinear"
    case convInteger = "ConvInteger"
    case matMulInteger = "MatMulInteger"
    case qLinearConv = "QLinearConv"
    case qLinearMatMul = "QLinearMatMul"
    case qLinearAdd = "com.microsoft.QLinearAdd"
    case qLinearMul = "com.microsoft.QLinearMul"
    case qLinearConcat = "com.microsoft.QLinearConcat"
    case qLinearAveragePool = "com.microsoft.QLinearAveragePool"
    case qLinearGlobalAveragePool = "com.microsoft.QLinearGlobalAveragePool"
    case qLinearSigmoid = "com.microsoft.QLinearSigmoid"
    case qLinearLeakyRelu = "com.microsoft.QLinearLeakyRelu"
    case qLinearSoftmax = "com.microsoft.QLinearSoftmax"
    case qGemm = "com.microsoft.QGemm"

    /// - Returns: nil of a node that is not supported.
    init?(_ node: Onnx_NodeProto) { self.init(rawValue: Self.name(of: node)) }

    /// ONNX's own operators by their names, those of others with their domain. ONNX Runtime writes some of ONNX's in its own.
    static func name(of node: Onnx_NodeProto) -> String {
        let shared = ["QuantizeLinear", "DequantizeLinear", "Gelu"]
        let isRuntimes = node.domain == "com.microsoft" && shared.contains(node.opType)
        return node.domain.isEmpty || node.domain == "ai.onnx" || isRuntimes
            ? node.opType : "\(node.domain).\(node.opType)"
    }
}

extension ONNXTranslator {
    /// The results of one node, in its order.
    func translate(_ type: ONNXOperator, _ node: ONNXNode) throws(ImportError) -> [ONNXValue] {
        let given = try quantization(ofOperands: type, node)
        let results: [ONNXValue] =
            switch type {
            case .split: try split(node)
            case .layerNormalization: try layerNormalization(node)
            case .dropout: try dropout(node)
            case .dynamicQuantizeLinear: try dynamicallyQuantized(node)
            default: [try single(type, node)]
            }
        guard let given else { return results }
        var quantized: [ONNXValue] = []
        for result in results { quantized.append(try self.quantized(result, given, node)) }
        return quantized
    }

    private func single(_ type: ONNXOperator, _ node: ONNXNode) throws(ImportError) -> ONNXValue {
        switch type {
        case .conv: return try convolution(node)
        case .convTranspose: return try transposedConvolution(node)
        case .maxPool: return try pool(node, isMax: true)
        case .averagePool: return try pool(node, isMax: false)
        case .globalAveragePool: return try globalPool(node, .mean(axes: [1, 2], keepDims: true))
        case .globalMaxPool: return try globalPool(node, .reduceExtreme(axes: [1, 2], keepDims: true, greatest: true))
        case .gemm: return try gemm(node)
        case .matMul: return try product(node)
        case .batchNormalization: return try batchNormalization(node)
        case .localResponse: return try localResponse(node)
        case .relu: return try unary(.relu, node)
        case .sigmoid: return try unary(.logistic, node)
        case .tanh: return try unary(.tanh, node)
        case .exp: return try unary(.exp, node)
        case .log: return try unary(.log, node)
        case .abs: return try unary(.abs, node)
        case .neg: return try unary(.neg, node)
        case .sqrt: return try unary(.sqrt, node)
        case .hardSwish: return try unary(.hardSwish, node)
        case .erf: return try unary(.erf, node)
        case .softplus: return try unary(.softplus, node)
        case .mish: return try unary(.mish, node)
        case .reciprocal: return try unary(.reciprocal, node)
        case .leakyRelu: return try unary(.leakyRelu(alpha: node.real("alpha", default: 0.01)), node)
        case .elu: return try elu(node)
        case .hardSigmoid: return try hardSigmoid(node)
        case .gelu: return try gelu(node)
        case .add: return try binary(node, .add(.none))
        case .sub: return try binary(node, .sub(.none))
        case .mul: return try binary(node, .mul(.none))
        case .div: return try binary(node, .div(.none))
        case .min: return try several(node, .minimum)
        case .max: return try several(node, .maximum)
        case .sum: return try several(node, .add(.none))
        case .pRelu: return try parametricRelu(node)
        case .clip: return try clip(node)
        case .pow: return try power(node)
        case .softmax: return try softmax(node)
        case .concat: return try concatenation(node)
        case .slice: return try slice(node)
        case .pad: return try pad(node)
        case .gather: return try gather(node)
        case .transpose: return try transpose(node)
        case .resize: return try resize(node)
        case .upsample: return try resize(node)
        case .depthToSpace: return try depthToSpace(node)
        case .spaceToDepth: return try spaceToDepth(node)
        case .reduceMean: return try reduction(node)
        case .reduceSum: return try reduction(node)
        case .reduceMax: return try reduction(node)
        case .reduceMin: return try reduction(node)
        case .argMax: return try argMax(node)
        case .identity: return try required(node, 0)
        case .constant: return try constant(node)
        case .constantOfShape: return try constantOfShape(node)
        case .shape: return try shape(node)
        case .cast: return try cast(node)
        case .reshape: return try reshape(node)
        case .flatten: return try flatten(node)
        case .squeeze: return try squeeze(node)
        case .unsqueeze: return try unsqueeze(node)
        case .expand: return try expand(node)
        case .tile: return try tile(node)
        case .range: return try range(node)
        case .floor: return try rounded(.floor, node)
        case .ceil: return try rounded(.ceil, node)
        case .round: return try rounded(.round, node)
        case .sign: return try unary(.sign, node)
        case .celu: return try celu(node)
        case .selu: return try selu(node)
        case .softsign: return try softsign(node)
        case .thresholdedRelu: return try thresholdedRelu(node)
        case .swish: return try swish(node)
        case .logSoftmax: return try logSoftmax(node)
        case .mean: return try mean(node)
        case .argMin: return try argMax(node)
        case .reduceL1: return try reduction(node)
        case .reduceL2: return try reduction(node)
        case .reduceLogSum: return try reduction(node)
        case .reduceLogSumExp: return try reduction(node)
        case .reduceSumSquare: return try reduction(node)
        case .reduceProd: return try reduction(node)
        case .instanceNormalization: return try instanceNormalization(node)
        case .groupNormalization: return try groupNormalization(node)
        case .rmsNormalization: return try rmsNormalization(node)
        case .meanVarianceNormalization: return try meanVarianceNormalization(node)
        case .equal, .greater, .greaterOrEqual, .less, .lessOrEqual, .and, .or, .xor:
            return try comparison(type, node)
        case .not: return try not(node)
        case .choice: return try choice(node)
        case .remainder: return try remainder(node)
        case .size: return try size(node)
        case .quantizeLinear: return try quantized(node)
        case .dequantizeLinear: return try dequantized(node)
        case .convInteger: return try convolutionOfIntegers(node)
        case .matMulInteger: return try productOfIntegers(node)
        case .qLinearConv: return try quantizedConvolution(node)
        case .qLinearMatMul: return try quantizedProduct(node)
        case .qLinearAdd: return try quantizedPair(.add, node)
        case .qLinearMul: return try quantizedPair(.mul, node)
        case .qLinearConcat: return try quantizedConcatenation(node)
        case .qLinearAveragePool: return try quantizedUnary(.averagePool, node)
        case .qLinearGlobalAveragePool: return try quantizedUnary(.globalAveragePool, node)
        case .qLinearSigmoid: return try quantizedUnary(.sigmoid, node)
        case .qLinearLeakyRelu: return try quantizedUnary(.leakyRelu, node)
        case .qLinearSoftmax: return try quantizedUnary(.softmax, node)
        case .qGemm: return try quantizedGemm(node)
        case .split, .dropout, .layerNormalization, .dynamicQuantizeLinear: throw node.damaged("has several results")
        }
    }
}
