import Bundle
import CBundle
import Kernels
import Testing

/// The bounds of kernels that move, look up, resize and convert.
@Suite struct MovementVerifierTests {
    @Test("Normalization")
    func normalization() throws {
        for wrong: Int32 in [0, -2] {
            try refuse(.normalization, "extent below 1") { $0.step.normalize.rows = wrong }
            try refuse(.normalization, "extent below 1") { $0.step.normalize.depth = wrong }
        }
        for wrong: Int32 in [-1, 5, .max, .min] {
            try refuse(.normalization, "window or shift") { $0.step.normalize.below = wrong }
            try refuse(.normalization, "window or shift") { $0.step.normalize.above = wrong }
        }
        for wrong: Int32 in [0, 31, .min] {
            try refuse(.normalization, "window or shift") { $0.step.normalize.shift = wrong }
        }
        for wrong: Int32 in [-129, 128] {
            try refuse(.normalization, "zero point") { $0.step.normalize.in_zero = wrong }
            try refuse(.normalization, "zero point") { $0.step.normalize.out_zero = wrong }
        }
        try refuse(.normalization, "sizes") { $0.step.normalize.rows = 3 }
        // A window of four has a longer table, as has none of two a shorter one.
        try refuse(.normalization, "sizes") { $0.step.normalize.below = 2 }
        try refuse(.normalization, "sizes") { $0.step.normalize.above = 0 }
        try refuse(.normalization, "too large for its sum") {
            ($0.step.normalize.rows, $0.step.normalize.depth, $0.step.normalize.below) = (1, 40_000, 39_999)
            ($0.step.in.0.bytes, $0.step.out.bytes, $0.step.out.offset) = (40_000, 40_000, 1 << 16)
            $0.arenaBytes = 1 << 17
        }
    }

    @Test("Softmax, tables, fills and arg-max")
    func simple() throws {
        for wrong: Int32 in [0, -2] {
            try refuse(.softmax, "extent below 1") { $0.step.softmax.rows = wrong }
            try refuse(.softmax, "extent below 1") { $0.step.softmax.depth = wrong }
        }
        for wrong: Int32 in [1, 3, .max] { try refuse(.softmax, "sizes") { $0.step.softmax.rows = wrong } }
        for wrong: Int32 in [8, 10, -1, .max] { try refuse(.table, "sizes") { $0.step.table.count = wrong } }
        try accept(.table) { $0.step.out.offset = $0.step.in.0.offset }
        for right: Int32 in [0, 255] { try accept(.fill) { $0.step.fill.value = right } }
        for wrong: Int32 in [-1, 256] { try refuse(.fill, "no byte") { $0.step.fill.value = wrong } }
        for type in [OC_TYPE_INT32, OC_TYPE_INT64] {
            let sample = SampleStep.argMax(type)
            for extent: WritableKeyPath<oc_arg_max, Int32> in [\.outer, \.axis, \.inner] {
                try refuse(sample, "extent below 1") { $0.step.arg_max[keyPath: extent] = 0 }
                try refuse(sample, "sizes") { $0.step.arg_max[keyPath: extent] += 1 }
                try refuse(sample, "sizes") { $0.step.arg_max[keyPath: extent] = .max }
            }
            try refuse(sample, "does not give integers") { $0.step.out.type = UInt16(OC_TYPE_FLOAT32.rawValue) }
            try refuse(sample, "sizes") { $0.step.out.type ^= 7 }
        }
    }

    @Test("Copies")
    func copy() throws {
        for size: Int32 in [1, 4, 8] {
            let sample = SampleStep.copy(elementBytes: size)
            for wrong: Int32 in [0, 2, 3, 16, -1] {
                try refuse(sample, "odd size") { $0.step.copy.element_bytes = wrong }
            }
            try refuse(sample, "extent below 1") { $0.step.copy.dims.0 = 0 }
            try refuse(sample, "leaves its operands") { $0.step.copy.in_start -= 1 }
            try refuse(sample, "leaves its operands") { $0.step.copy.in_start += 1 }
            try refuse(sample, "leaves its operands") { $0.step.copy.out_start += 1 }
            try refuse(sample, "leaves its operands") { $0.step.copy.out_start -= 2 }
            try refuse(sample, "leaves its operands") { $0.step.copy.dims.4 = 4 }
            try refuse(sample, "leaves its operands") { $0.step.copy.in_stride.4 = 4 }
            try refuse(sample, "leaves its operands") { $0.step.copy.out_stride.5 = .max }
            try refuse(sample, "leaves its operands") { $0.step.copy.in_stride.4 = .min }
            try refuse(sample, "an element twice") { $0.step.copy.dims.0 = 3 }
            try refuse(sample, "an element twice") { ($0.step.copy.dims.0, $0.step.copy.dims.1) = (.max, .max) }
            // Rows over one another, whichever comes first: [3, 4] elements in steps of 6 and 2 meet at 6.
            for (rows, columns) in [(6, 2), (2, 4), (-6, 2), (0, 1), (1, 0), (1, 1)] as [(Int32, Int32)] {
                try refuse(sample, "an element twice") {
                    ($0.step.copy.out_stride.4, $0.step.copy.out_stride.5) = (rows, columns)
                    $0.step.copy.out_start = rows < 0 ? 12 : 0
                }
            }
            for (rows, columns) in [(4, 1), (1, 3), (7, 2), (-4, 1)] as [(Int32, Int32)] {
                try accept(sample) {
                    ($0.step.copy.out_stride.4, $0.step.copy.out_stride.5) = (rows, columns)
                    $0.step.copy.out_start = rows < 0 ? 8 : 0
                }
            }
            // Within one tensor: the first half to the second.
            let within: Change = {
                let c = size
                $0.step.in.0 = $0.step.out
                $0.step.copy = oc_copy(
                    dims: (1, 1, 1, 1, 1, 12), in_stride: (0, 0, 0, 0, 0, 1), out_stride: (0, 0, 0, 0, 0, 1),
                    in_start: 0,
                    out_start: 12, element_bytes: c)
            }
            try accept(sample, within)
            try refuse(sample, "over what it reads") {
                within(&$0)
                $0.step.copy.out_start = 11
            }
        }
    }

    @Test("Resizing")
    func resize() throws {
        let (bilinear, nearest) = (
            SampleStep.resize(OC_KERNEL_RESIZE_BILINEAR), SampleStep.resize(OC_KERNEL_RESIZE_NEAREST)
        )
        for sample in [bilinear, nearest] {
            for extent: WritableKeyPath<oc_resize, Int32> in [
                \.batches, \.in_h, \.in_w, \.channels, \.out_h, \.out_w,
            ] {
                try refuse(sample, "extent below 1") { $0.step.resize[keyPath: extent] = 0 }
                try refuse(sample, "sizes") { $0.step.resize[keyPath: extent] += 1 }
                try refuse(sample, "sizes") { $0.step.resize[keyPath: extent] = .max }
            }
        }
        for (entry, limit) in [3, 3, 2, 2, 2].enumerated() {
            for wrong: Int32 in [Int32(limit), -1, .min, .max] {
                try refuse(nearest, "past its input") { $0.storeWord(wrong, at: 4 * entry) }
                try refuse(bilinear, "past its input") { $0.storeWord(wrong, at: 12 * entry) }
                try refuse(bilinear, "weights are out of range") { $0.storeWord(wrong, at: 12 * entry + 4) }
            }
            for right: Int32 in [0, 1024] { try accept(bilinear) { $0.storeWord(right, at: 12 * entry + 8) } }
            for wrong: Int32 in [-1, 1025] {
                try refuse(bilinear, "weights are out of range") { $0.storeWord(wrong, at: 12 * entry + 8) }
            }
            for (part, isTaken) in [(Float(-1), true), (1, true), (1.01, false), (.nan, false), (-.infinity, false)] {
                let change: Change = {
                    $0.step.resize.as_floats = 1
                    for other in 0..<5 { $0.storeWord(0, at: 12 * other + 8) }
                    $0.storeWord(Int32(bitPattern: part.bitPattern), at: 12 * entry + 8)
                }
                if isTaken { try accept(bilinear, change) } else { try refuse(bilinear, "weights are out", change) }
            }
        }
        try refuse(nearest, "no known arithmetic") { $0.step.resize.as_floats = 1 }
        try refuse(bilinear, "no known arithmetic") { $0.step.resize.as_floats = 2 }
    }

    @Test("Float edges")
    func affine() throws {
        for kernel in [OC_KERNEL_QUANTIZE, OC_KERNEL_DEQUANTIZE] {
            let sample = SampleStep.affine(kernel)
            for wrong: Int32 in [6, 8, -1, .max] { try refuse(sample, "sizes") { $0.step.affine.count = wrong } }
            for wrong: Float in [0, -1, .nan, .infinity] {
                try refuse(sample, "scale is not above 0") { $0.step.affine.scale = wrong }
            }
            let isInt8 =
                (kernel == OC_KERNEL_QUANTIZE ? sample.step.out : sample.step.in.0).type == OC_TYPE_INT8.rawValue
            let zeros: [Int32] = isInt8 ? [-128, 127] : [0, 255]
            for right in zeros { try accept(sample) { $0.step.affine.zero = right } }
            for wrong in [zeros[0] - 1, zeros[1] + 1] {
                try refuse(sample, "zero point is out of range") { $0.step.affine.zero = wrong }
            }
            for field: WritableKeyPath<oc_affine, Int32> in [\.clamp_min, \.clamp_max] {
                for right: Int32 in [-128, 255] { try accept(sample) { $0.step.affine[keyPath: field] = right } }
                for wrong: Int32 in [-129, 256] {
                    try refuse(sample, "out of range") { $0.step.affine[keyPath: field] = wrong }
                }
            }
        }
    }
}
