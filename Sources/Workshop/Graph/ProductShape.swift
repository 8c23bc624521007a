/// How two activations are multiplied as matrices.
public struct Product: Sendable, Equatable {
    /// The left operand is `[..., K, M]`, and not `[..., M, K]`.
    public var transposesLeft: Bool
    /// The right one is `[..., N, K]`, and not `[..., K, N]`.
    public var transposesRight: Bool
    /// FULLY_CONNECTED: the left operand is seen as `[M, K]`, the right one is `[N, K]`, and results are scaled as `MatrixScaling` says; else
    /// BATCH_MATMUL, which scales by a quantized multiplier.
    public var isMatrix: Bool
    public var activation: Activation

    public init(transposesLeft: Bool, transposesRight: Bool, isMatrix: Bool = false, activation: Activation = .none) {
        self.transposesLeft = transposesLeft
        self.transposesRight = transposesRight
        self.isMatrix = isMatrix
        self.activation = activation
    }
}

/// What a product of two operands of given shapes counts.
public struct ProductShape: Sendable {
    /// Products, and of how many matrices each operand consists: as many, or one that comes again.
    public var batches: Int
    public var leftBatches: Int
    public var rightBatches: Int
    public var rows: Int
    public var depth: Int
    public var units: Int
    /// The result's.
    public var output: [Int]

    /// Nil where the shapes do not fit, or one operand repeats along some of the outer dimensions and not along others.
    public init?(_ left: [Int], _ right: [Int], _ product: Product) {
        guard !left.isEmpty, right.count >= 2 else { return nil }
        if product.isMatrix {
            guard right.count == 2 else { return nil }
            (units, depth) = (right[0], right[1])
            let elements = left.reduce(1, *)
            guard elements % depth == 0 else { return nil }
            (batches, leftBatches, rightBatches, rows) = (1, 1, 1, elements / depth)
            output = [rows, units]
            return
        }
        guard left.count >= 2 else { return nil }
        let (outerLeft, outerRight) = (Array(left.dropLast(2)), Array(right.dropLast(2)))
        let (innerLeft, innerRight) = (Array(left.suffix(2)), Array(right.suffix(2)))
        (rows, depth) = product.transposesLeft ? (innerLeft[1], innerLeft[0]) : (innerLeft[0], innerLeft[1])
        units = product.transposesRight ? innerRight[0] : innerRight[1]
        guard (product.transposesRight ? innerRight[1] : innerRight[0]) == depth else { return nil }
        (leftBatches, rightBatches) = (outerLeft.reduce(1, *), outerRight.reduce(1, *))
        let rank = max(outerLeft.count, outerRight.count)
        func padded(_ shape: [Int]) -> [Int] { Array(repeating: 1, count: rank - shape.count) + shape }
        let isSame = padded(outerLeft) == padded(outerRight)
        guard isSame || leftBatches == 1 || rightBatches == 1 else { return nil }
        batches = max(leftBatches, rightBatches)
        output = zip(padded(outerLeft), padded(outerRight)).map(max) + [rows, units]
    }
}
