import Bundle
import CBundle
import System

/// Kernels that move bytes, or mix neighbours.
extension KernelContract {
    static let fill = KernelContract(
        OC_KERNEL_FILL, name: { _ in "fill" }, geometry: { "value \($0.fill.value)" },
        rows: .windowed(window: { _, _ in RowWindow() }, strip: { _, _ in }), cost: .movement
    ) { step, check throws(BundleError) in
        try check((0...255).contains(step.fill.value), "a fill value is no byte; build the bundle again")
        try check(step.out.bytes <= UInt32(Int32.max), "a fill is above 2 GiB; build the bundle again")
    }

    static let copy = KernelContract(
        OC_KERNEL_COPY, name: { _ in "copy" },
        geometry: { step in
            let c = step.copy
            let dims = words(c.dims)
            var text = ""
            for d in 0..<6 where dims[d] != 1 || !text.isEmpty { text += text.isEmpty ? "\(dims[d])" : "x\(dims[d])" }
            if text.isEmpty { text = "1" }
            return text + (c.element_bytes == 1 ? " elements of 1 byte" : " elements of \(c.element_bytes) bytes")
        },
        rows: .windowed(
            window: { step, shape in movesRowByRow(step.copy, shape) ? RowWindow() : nil },
            strip: { step, strip in
                withUnsafeMutableBytes(of: &step.copy.dims) { strip.cut($0) }
            }),
        cost: .movement, verify: verifyCopy)

    private typealias SixWords = (Int32, Int32, Int32, Int32, Int32, Int32)

    private static func words(_ words: SixWords) -> [6 of Int32] {
        [words.0, words.1, words.2, words.3, words.4, words.5]
    }

    /// Whether each row goes into the same row of the output, as channels do that come to lie next to others.
    private static func movesRowByRow(_ c: oc_copy, _ shape: RowShape) -> Bool {
        let (dims, source, target) = (words(c.dims), words(c.in_stride), words(c.out_stride))
        guard c.element_bytes == 1, shape.inputRows == shape.outputRows else { return false }
        var outer = 0
        while outer < 5, dims[outer] == 1 { outer += 1 }
        // The outermost extent is the rows, or the rows and what fills each.
        let extent = Int(dims[outer])
        guard extent % shape.outputRows == 0 else { return false }
        let inRow = extent / shape.outputRows
        guard inRow * Int(source[outer]) == shape.inputRowBytes, inRow * Int(target[outer]) == shape.outputRowBytes
        else { return false }
        // The rest of a row's elements lie in it.
        var lastRead = Int(c.in_start) + (inRow - 1) * Int(source[outer])
        var lastWritten = Int(c.out_start) + (inRow - 1) * Int(target[outer])
        for d in outer + 1..<6 {
            guard source[d] >= 0, target[d] >= 0 else { return false }
            lastRead += (Int(dims[d]) - 1) * Int(source[d])
            lastWritten += (Int(dims[d]) - 1) * Int(target[d])
        }
        return lastRead < shape.inputRowBytes && lastWritten < shape.outputRowBytes
    }

    private static func verifyCopy(_ step: oc_step, _ check: StepCheck) throws(BundleError) {
        let c = step.copy
        let (dims, source, target) = (words(c.dims), words(c.in_stride), words(c.out_stride))
        try check(
            c.element_bytes == 1 || c.element_bytes == 4 || c.element_bytes == 8,
            "a copy's elements have an odd size; build the bundle again")
        try check(step.in.0.type == step.out.type, "a copy changes its elements' type; build the bundle again")
        try check.extents([dims[0], dims[1], dims[2], dims[3]])
        try check.extents([dims[4], dims[5], 1, 1])
        let size = Int64(c.element_bytes)
        let read = try check.span(start: c.in_start, dims, source, within: Int64(step.in.0.bytes) / size)
        let written = try check.span(start: c.out_start, dims, target, within: Int64(step.out.bytes) / size)
        try check.distinct(dims, target)
        // A copy may move bytes within one tensor, as long as it does not read what it writes.
        let from =
            Int64(step.in.0.offset) + size * read.lowerBound..<Int64(step.in.0.offset) + size * (read.upperBound + 1)
        let to =
            Int64(step.out.offset) + size * written.lowerBound..<Int64(step.out.offset) + size
            * (written.upperBound + 1)
        try check(
            step.in.0.space != OC_SPACE_ARENA.rawValue || !from.overlaps(to),
            "a step writes over what it reads; build the bundle again")
    }

    static let resizeBilinear = resize(OC_KERNEL_RESIZE_BILINEAR, "resize bilinear", wordsPerEntry: 3)
    static let resizeNearest = resize(OC_KERNEL_RESIZE_NEAREST, "resize nearest", wordsPerEntry: 1)

    private static func resize(_ kernel: oc_kernel, _ name: StaticString, wordsPerEntry: Int) -> KernelContract {
        KernelContract(kernel, name: { _ in name }) { step, check throws(BundleError) in
            let r = step.resize
            try check.extents([r.batches, r.in_h, r.in_w, r.channels])
            try check.extents([r.out_h, r.out_w, 1, 1])
            try check.int8(step)
            try check(
                r.as_floats == 0 || (r.as_floats == 1 && wordsPerEntry == 3),
                "a resize has no known arithmetic; build the bundle again")
            try check.bytes(step.in.0, volume(r.batches, r.in_h, r.in_w, r.channels))
            try check.bytes(step.out, volume(r.batches, r.out_h, r.out_w, r.channels))
            try check.bytes(step.constants, times(plus(Int64(r.out_h), Int64(r.out_w)), 4 * Int64(wordsPerEntry)))
            let entries = check.constants(step)
            for index in 0..<Int(r.out_h) + Int(r.out_w) {
                let limit = index < Int(r.out_h) ? r.in_h : r.in_w
                let at = 4 * wordsPerEntry * index
                let first = entries.loadUnaligned(fromByteOffset: at, as: Int32.self)
                try check((0..<limit).contains(first), "a resize reads past its input; build the bundle again")
                if wordsPerEntry == 3 {
                    let second = entries.loadUnaligned(fromByteOffset: at + 4, as: Int32.self)
                    let weight = entries.loadUnaligned(fromByteOffset: at + 8, as: Int32.self)
                    // As a float it may lie before an edge's middle, or behind it.
                    let part = Float(bitPattern: UInt32(bitPattern: weight))
                    try check(
                        (0..<limit).contains(second)
                            && (r.as_floats == 0 ? (0...1024).contains(weight) : (-1...1).contains(part)),
                        "a resize's weights are out of range; build the bundle again")
                }
            }
        }
    }
}
