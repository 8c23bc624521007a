import CBundle
import Kernels

/// Random steps that move bytes.
extension RandomStep {
    /// A box of elements, from somewhere in one tensor to somewhere in another, whose dimensions may lie in another order and,
    /// in the input, run backwards.
    mutating func makeCopy(_ random: inout RandomNumbers) {
        var dims = [6 of Int32](repeating: 1)
        for d in 0..<5 where random.oneIn(2) { dims[d] = random.number(1...4) }
        dims[5] = random.number(1...40)
        if random.oneIn(8) { dims[5] = random.number(100...200) }
        // Planes whose rows become columns.
        if random.oneIn(4) { dims[4] = random.number(2...40) }
        let size: Int32 = [1, 1, 1, 4, 8][Int(random.next() % 5)]
        let source = RandomStep.box(dims, mayShuffle: random.oneIn(2), &random)
        let target = RandomStep.box(dims, mayShuffle: random.oneIn(3), &random)
        var start = source.start
        var strides = source.strides
        for d in 0..<6 where random.oneIn(8) {
            start += (dims[d] - 1) * strides[d]
            strides[d] = -strides[d]
        }
        var c = oc_copy()
        c.dims = (dims[0], dims[1], dims[2], dims[3], dims[4], dims[5])
        c.in_stride = (strides[0], strides[1], strides[2], strides[3], strides[4], strides[5])
        c.out_stride = (
            target.strides[0], target.strides[1], target.strides[2], target.strides[3], target.strides[4],
            target.strides[5]
        )
        (c.in_start, c.out_start, c.element_bytes) = (start, target.start, size)
        step.copy = c
        inputs = [Operand(bytes: random.bytes(Int(source.count * size)), isConstant: random.oneIn(4))]
        outputBytes = Int(target.count * size)
    }

    /// A place for `dims` elements in a dense tensor that is as large or larger, its dimensions in this or another order.
    private static func box(
        _ dims: [6 of Int32], mayShuffle: Bool, _ random: inout RandomNumbers
    ) -> (start: Int32, strides: [6 of Int32], count: Int32) {
        var order: [6 of Int] = [0, 1, 2, 3, 4, 5]
        if mayShuffle {
            for d in 0..<6 {
                let other = Int(random.next() % 6)
                (order[d], order[other]) = (order[other], order[d])
            }
        }
        var strides = [6 of Int32](repeating: 0)
        var start = Int32(0)
        var count = Int32(1)
        for back in 0..<6 {
            let d = order[5 - back]
            let before = random.oneIn(4) ? random.number(0...2) : 0
            let behind = random.oneIn(4) ? random.number(0...2) : 0
            strides[d] = count
            start += before * count
            count *= before + dims[d] + behind
        }
        return (start, strides, count)
    }

    mutating func makeResize(_ kernel: oc_kernel, _ random: inout RandomNumbers) {
        var r = oc_resize()
        (r.batches, r.channels) = (random.number(1...2), random.channels())
        (r.in_h, r.in_w) = (random.number(1...7), random.number(1...7))
        (r.out_h, r.out_w) = (random.number(1...12), random.number(1...12))
        if kernel == OC_KERNEL_RESIZE_BILINEAR && random.oneIn(4) { r.as_floats = 1 }
        step.resize = r
        inputs = [Operand(bytes: random.bytes(Int(r.batches * r.in_h * r.in_w * r.channels)))]
        outputBytes = Int(r.batches * r.out_h * r.out_w * r.channels)
        var words: [Int32] = []
        // Where pictures are enlarged by 2, 4 or 8, places are in such parts of a pixel.
        let parts = Int32(random.oneIn(2) ? 64 : 1)
        for index in 0..<r.out_h + r.out_w {
            let last = (index < r.out_h ? r.in_h : r.in_w) - 1
            words.append(random.number(0...last))
            guard kernel == OC_KERNEL_RESIZE_BILINEAR else { continue }
            words.append(random.number(0...last))
            let part = random.number(0...1024 / parts) * parts
            words.append(r.as_floats == 0 ? part : Int32(bitPattern: (Float(part) / 1024 - 0.25).bitPattern))
        }
        constants = { [words] _ in
            var bytes: [UInt8] = []
            for word in words {
                for shift in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: word >> Int32(8 * shift))) }
            }
            return bytes
        }
    }
}
