import Bundle
import CBundle

/// The single checks that contracts are made of; each failure names the step's byte in the file.
struct StepCheck {
    let view: BundleView
    let set: KernelSet
    let byte: Int

    /// A step's constants, which lie in the weights.
    func constants(_ step: oc_step) -> UnsafeRawBufferPointer {
        let start = Int(step.constants.offset)
        return UnsafeRawBufferPointer(rebasing: view.weights[start..<start + Int(step.constants.bytes)])
    }

    func callAsFunction(_ holds: Bool, _ reason: StaticString) throws(BundleError) {
        guard holds else { throw BundleError(reason, at: byte) }
    }

    func extents(_ values: [4 of Int32]) throws(BundleError) {
        for i in 0..<4 { try self(values[i] >= 1, "a step's geometry has an extent below 1; build the bundle again") }
    }

    func bytes(_ operand: oc_operand, _ expected: Int64) throws(BundleError) {
        try self(
            operand.space != OC_SPACE_NONE.rawValue && Int64(operand.bytes) == expected,
            "a step's geometry does not match its operands' sizes; build the bundle again")
    }

    func type(_ operand: oc_operand, _ type: oc_type) throws(BundleError) {
        try self(operand.type == type.rawValue, "a step's operand has the wrong type; build the bundle again")
    }

    /// int8 or uint8.
    func byteType(_ operand: oc_operand) throws(BundleError) {
        try self(
            operand.type == OC_TYPE_INT8.rawValue || operand.type == OC_TYPE_UINT8.rawValue,
            "a step's operand has the wrong type; build the bundle again")
    }

    /// That all operands are int8, whose form in the arena every kernel set knows. A kernel that wrote uint8 would write
    /// other bytes once it is packed for a set of another form.
    func int8(_ step: oc_step) throws(BundleError) {
        try type(step.in.0, OC_TYPE_INT8)
        if step.in.1.space != OC_SPACE_NONE.rawValue { try type(step.in.1, OC_TYPE_INT8) }
        try type(step.out, OC_TYPE_INT8)
    }

    func zero(_ value: Int32) throws(BundleError) {
        try self((-128...127).contains(value), "a step's zero point is out of range; build the bundle again")
    }

    func clamp(_ low: Int32, _ high: Int32) throws(BundleError) {
        try self(-128 <= low && low <= high && high <= 127, "a step's clamp is out of range; build the bundle again")
    }

    func multiplier(_ multiplier: Int32, _ shift: Int32) throws(BundleError) {
        try self(
            multiplier >= 0 && (-31...30).contains(shift), "a step's multiplier is out of range; build the bundle again"
        )
    }

    /// That the coordinates a window reaches fit an int32 with room to spare, and that padding is not negative.
    func reach(_ out: Int32, _ stride: Int32, _ kernel: Int32, _ dilation: Int32, _ pad: Int32) throws(BundleError) {
        let far = plus(times(Int64(out), Int64(stride)), times(Int64(kernel), Int64(dilation)))
        try self(
            far < 1 << 29 && (0..<1 << 29).contains(pad), "a step's window reaches too far; build the bundle again")
    }

    /// That start + i . strides stays in 0..<limit for every index below dims.
    /// - Returns: its least and greatest value.
    func span(start: Int32, _ dims: [6 of Int32], _ strides: [6 of Int32], within limit: Int64) throws(BundleError)
        -> ClosedRange<Int64>
    {
        var low = Int64(start)
        var high = Int64(start)
        for d in 0..<6 {
            let distance = times(Int64(dims[d]) - 1, Int64(strides[d]))
            if distance < 0 { low = plus(low, distance) } else { high = plus(high, distance) }
        }
        try self(low >= 0 && high < limit, "a copy leaves its operands; build the bundle again")
        return low...high
    }

    /// That i . strides differs for all indices i below dims: taken from the least, each stride is greater than the reach
    /// of those before. Parts of dense tensors, which is what copies write, have such strides in any order.
    func distinct(_ dims: [6 of Int32], _ strides: [6 of Int32]) throws(BundleError) {
        var reach = Int64(0)
        var isUsed: [6 of Bool] = [false, false, false, false, false, false]
        while true {
            var least = -1
            for d in 0..<6 where dims[d] > 1 && !isUsed[d] {
                if least < 0 || strides[d].magnitude < strides[least].magnitude { least = d }
            }
            if least < 0 { return }
            isUsed[least] = true
            let stride = Int64(strides[least].magnitude)
            try self(stride > reach, "a copy writes an element twice; build the bundle again")
            reach = plus(reach, times(Int64(dims[least]) - 1, stride))
        }
    }
}

func volume(_ a: Int32, _ b: Int32, _ c: Int32, _ d: Int32) -> Int64 {
    times(times(Int64(a), Int64(b)), times(Int64(c), Int64(d)))
}
