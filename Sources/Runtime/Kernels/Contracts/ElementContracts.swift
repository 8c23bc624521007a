import Bundle
import CBundle
import CKernels

/// Kernels of one operand, element by element.
extension KernelContract {
    static let table = KernelContract(
        OC_KERNEL_TABLE, name: { _ in "table" }, mayReplace: { _, _ in true },
        rows: .windowed(
            window: { _, shape in shape.inputRows == shape.outputRows ? RowWindow() : nil },
            strip: { step, strip in step.table.count = strip.share(of: step.table.count) }),
        absorbs: .table, constants: .table,
        fillForms: { step, constants, _ in
            guard let table = constants.baseAddress else { return }
            oc_find_lines(&step, table.assumingMemoryBound(to: UInt8.self))
        }
    ) { step, check throws(BundleError) in
        try check.byteType(step.in.0)
        try check.byteType(step.out)
        try check.bytes(step.in.0, Int64(step.table.count))
        try check.bytes(step.out, Int64(step.table.count))
        try check.bytes(step.constants, 256)
        try verifyLines(step, check)
    }

    private static func verifyLines(_ step: oc_step, _ check: StepCheck) throws(BundleError) {
        let t = step.table
        guard t.bits != 0 else { return }
        let numbers: ClosedRange<Int32> = -32768...32767
        try check(
            (6...8).contains(t.bits) && numbers.contains(t.slope.0) && numbers.contains(t.slope.1)
                && numbers.contains(t.offset.0) && numbers.contains(t.offset.1),
            "a table's lines are out of range; build the bundle again")
        var step = step
        let table = check.constants(step).baseAddress!.assumingMemoryBound(to: UInt8.self)
        try check(oc_lines_hold(&step, table) == 1, "a table's lines are not its values; build the bundle again")
    }

    static let quantize = KernelContract(OC_KERNEL_QUANTIZE, name: { _ in "quantize" }) {
        step, check throws(BundleError) in
        try verifyAffine(step, check, quantized: step.out, real: step.in.0)
    }

    static let dequantize = KernelContract(OC_KERNEL_DEQUANTIZE, name: { _ in "dequantize" }) {
        step, check throws(BundleError) in
        try verifyAffine(step, check, quantized: step.in.0, real: step.out)
    }

    private static func verifyAffine(
        _ step: oc_step, _ check: StepCheck, quantized: oc_operand, real: oc_operand
    ) throws(BundleError) {
        let a = step.affine
        try check.byteType(quantized)
        try check.type(real, OC_TYPE_FLOAT32)
        try check.bytes(quantized, Int64(a.count))
        try check.bytes(real, times(Int64(a.count), 4))
        try check(a.scale > 0 && a.scale.isFinite, "a scale is not above 0; build the bundle again")
        let range: ClosedRange<Int32> = quantized.type == OC_TYPE_INT8.rawValue ? -128...127 : 0...255
        try check(range.contains(a.zero), "a zero point is out of range; build the bundle again")
        try check(
            (-128...255).contains(a.clamp_min) && (-128...255).contains(a.clamp_max),
            "a clamp is out of range; build the bundle again")
    }
}
