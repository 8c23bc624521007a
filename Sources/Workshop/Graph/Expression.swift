/// A real function of one number, made of others: what several elementwise operations on one tensor compute together.
public indirect enum Expression: Sendable, Equatable {
    case x
    case constant(Float)
    case function(UnaryFunction, Expression)
    case combined(Combination, Expression, Expression)

    public enum Combination: String, Sendable {
        case sum = "+"
        case difference = "-"
        case product = "*"
        case quotient = "/"
        case minimum = "min"
        case maximum = "max"

        /// An operation on two tensors that computes it element by element, without an activation; nil of others.
        public init?(_ operation: Operation) {
            switch operation {
            case .add(.none): self = .sum
            case .sub(.none): self = .difference
            case .mul(.none): self = .product
            case .div(.none): self = .quotient
            case .minimum: self = .minimum
            case .maximum: self = .maximum
            default: return nil
            }
        }

        public func callAsFunction(_ a: Float, _ b: Float) -> Float {
            switch self {
            case .sum: a + b
            case .difference: a - b
            case .product: a * b
            case .quotient: a / b
            case .minimum: Swift.min(a, b)
            case .maximum: Swift.max(a, b)
            }
        }
    }

    /// Operations in it.
    public var count: Int {
        switch self {
        case .x, .constant: 0
        case .function(_, let inner): 1 + inner.count
        case .combined(_, let a, let b): 1 + a.count + b.count
        }
    }

    public var real: (Float) -> Float {
        switch self {
        case .x: return { $0 }
        case .constant(let value): return { _ in value }
        case .function(let function, let inner):
            let (outer, inner) = (function.real, inner.real)
            return { outer(inner($0)) }
        case .combined(let combination, let a, let b):
            let (a, b) = (a.real, b.real)
            return { combination(a($0), b($0)) }
        }
    }

    /// "x * LOGISTIC(x)".
    public var text: String {
        switch self {
        case .x: "x"
        case .constant(let value): "\(value)"
        case .function(let function, let inner): "\(function.name)(\(inner.text))"
        case .combined(let combination, let a, let b) where combination == .minimum || combination == .maximum:
            "\(combination.rawValue)(\(a.text), \(b.text))"
        case .combined(let combination, let a, let b): "\(a.operand) \(combination.rawValue) \(b.operand)"
        }
    }

    private var operand: String {
        if case .combined(let combination, _, _) = self, ![.minimum, .maximum].contains(combination) {
            return "(\(text))"
        }
        return text
    }
}
