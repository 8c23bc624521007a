import Bundle
import CBundle

/// What one element of a tensor is; the numbers are those of the bundle and of `ocellus.h`.
public enum ElementType: Int, Sendable {
    case int8 = 1
    case uint8 = 2
    case int32 = 3
    case int64 = 4
    case float32 = 5
}

/// What an input or output of a model holds: its bytes are row-major and little-endian.
public struct Tensor: Sendable {
    public let type: ElementType
    /// Dimensions, 0 to 6.
    public let rank: Int
    public let byteCount: Int
    /// A quantized value q stands for scale * (q - zeroPoint); 0: not quantized.
    public let scale: Float
    public let zeroPoint: Int32

    private let extents: [6 of Int32]

    /// - Parameter record: of a verified bundle.
    init(_ record: oc_tensor) {
        // The verifier knows no other types.
        type = ElementType(rawValue: Int(record.type)) ?? .int8
        rank = Int(record.rank)
        byteCount = Int(record.bytes)
        scale = record.scale
        zeroPoint = record.zero_point
        extents = record.extents
    }

    /// Elements along a dimension, which counts from 0; 1 past the rank.
    public func extent(_ dimension: Int) -> Int {
        0..<rank ~= dimension ? Int(extents[dimension]) : 1
    }

    /// Elements along each dimension, the outermost first.
    public var shape: [Int] {
        var shape: [Int] = []
        for dimension in 0..<rank { shape.append(extent(dimension)) }
        return shape
    }
}
