import CBundle

extension oc_tensor {
    /// The shape as a fixed array, 1 past the rank.
    public var extents: [6 of Int32] { [shape.0, shape.1, shape.2, shape.3, shape.4, shape.5] }

    /// Whether it is an activation of 8-bit elements.
    var isByteActivation: Bool {
        UInt32(space) == OC_SPACE_ARENA.rawValue && elementBytes(ofType: type) == 1
    }
}

/// Bytes of one element of an `oc_type`; 0 for an unknown one.
public func elementBytes(ofType type: UInt8) -> Int {
    switch UInt32(type) {
    case OC_TYPE_INT8.rawValue, OC_TYPE_UINT8.rawValue: 1
    case OC_TYPE_INT32.rawValue, OC_TYPE_FLOAT32.rawValue: 4
    case OC_TYPE_INT64.rawValue: 8
    default: 0
    }
}

extension oc_operand {
    /// The first byte of the arena behind it; 0 where it lies elsewhere.
    fileprivate var arenaEnd: UInt64 {
        UInt32(space) == OC_SPACE_ARENA.rawValue ? UInt64(offset) + UInt64(bytes) : 0
    }
}

extension BundleView {
    /// The arena that tensors and steps need: up to the end of whatever lies in it, in whole multiples of 64 bytes.
    public static func arenaBytes(_ tensors: some Sequence<oc_tensor>, _ steps: some Sequence<oc_step>) -> UInt64 {
        var end = UInt64(0)
        for tensor in tensors where UInt32(tensor.space) == OC_SPACE_ARENA.rawValue {
            end = max(end, UInt64(tensor.offset) + UInt64(tensor.bytes))
        }
        for step in steps {
            end = max(end, step.in.0.arenaEnd, step.in.1.arenaEnd, step.out.arenaEnd)
            end = max(end, step.constants.arenaEnd, step.scratch.arenaEnd)
        }
        return (end + UInt64(OC_ALIGNMENT) - 1) / UInt64(OC_ALIGNMENT) * UInt64(OC_ALIGNMENT)
    }
}
