import CBundle
import Kernels
import Testing

/// The bounds of kernels of float32, int32 and indices.
@Suite struct NumberVerifierTests {
    private static let reason = "arithmetic is unknown or does not match its operands"

    @Test("Arithmetic")
    func real() throws {
        let pair = SampleStep.real(OC_REAL_ADD)
        let single = SampleStep.real(OC_REAL_EXP)
        for sample in [pair, single, .real(OC_WHOLE_OF_REAL), .real(OC_WHOLE_DIVIDE)] {
            for wrong in [0, Int32(OC_REAL_LIMIT.rawValue), -1, .min] {
                try refuse(sample, Self.reason) { $0.step.real.op = wrong }
            }
            for extent: WritableKeyPath<oc_real, Int32> in [\.dims.0, \.dims.1, \.dims.2, \.dims.3, \.dims.4] {
                try refuse(sample, Self.reason) { $0.step.real[keyPath: extent] = 0 }
                try refuse(sample, Self.reason) { $0.step.real[keyPath: extent] = .max }
            }
            try refuse(sample, Self.reason) { $0.step.real.stride_a.3 = -1 }
            try refuse(sample, Self.reason) { $0.step.real.stride_a.2 = 13 }
            try refuse(sample, Self.reason) { $0.step.in.0.bytes = 95 }
            try refuse(sample, Self.reason) { $0.step.in.0.offset += 2 }
            try refuse(sample, Self.reason) { $0.step.out.offset -= 1 }
            try refuse(sample, Self.reason) { $0.step.in.0.type = UInt16(OC_TYPE_INT8.rawValue) }
            try refuse(sample, Self.reason) { $0.step.out.type = UInt16(OC_TYPE_INT64.rawValue) }
        }
        try refuse(pair, Self.reason) { $0.step.real.stride_b.3 = -1 }
        try refuse(pair, Self.reason) { $0.step.real.stride_b.2 = 1 }
        try refuse(pair, Self.reason) { $0.step.in.1.offset += 1 }
        try refuse(pair, Self.reason) { $0.step.in.1.type = UInt16(OC_TYPE_INT32.rawValue) }
        try refuse(pair, Self.reason) { $0.step.in.1 = oc_operand() }
        try refuse(pair, Self.reason) { $0.step.real.op = Int32(OC_REAL_EXP.rawValue) }
        try refuse(single, Self.reason) { $0.step.real.op = Int32(OC_REAL_ADD.rawValue) }
        // In place where it walks through the operand as through the output.
        try accept(single) { $0.step.out.offset = $0.step.in.0.offset }
        try refuse(pair, "writes over what it reads") { $0.step.out.offset = $0.step.in.1.offset }
    }

    @Test("Reductions")
    func reduction() throws {
        for op in [OC_REDUCE_SUM, OC_REDUCE_TOP] {
            let sample = SampleStep.reduction(op)
            for extent: WritableKeyPath<oc_reduce, Int32> in [\.outer, \.axis, \.inner] {
                try refuse(sample, Self.reason) { $0.step.reduce[keyPath: extent] = 0 }
                try refuse(sample, Self.reason) { $0.step.reduce[keyPath: extent] += 1 }
                try refuse(sample, Self.reason) { $0.step.reduce[keyPath: extent] = .max }
            }
            try refuse(sample, Self.reason) { $0.step.in.0.offset += 1 }
            try refuse(sample, Self.reason) { $0.step.out.offset -= 2 }
            try refuse(sample, Self.reason) { $0.step.out.bytes -= 4 }
        }
        let sum = SampleStep.reduction(OC_REDUCE_SUM)
        for wrong in [0, 6, -1, .min] as [Int32] {
            try refuse(sum, Self.reason) { $0.step.reduce.op = wrong }
        }
        let softmax = SampleStep.realSoftmax
        try accept(softmax) { $0.step.reduce.op = Int32(OC_REDUCE_LOG_SOFTMAX.rawValue) }
        try refuse(softmax, Self.reason) { ($0.step.reduce.axis, $0.step.reduce.inner) = (1, 5) }
        try refuse(softmax, Self.reason) { $0.step.out.bytes = 24 }
        try refuse(softmax, "writes over what it reads") { $0.step.out.offset = $0.step.in.0.offset }
        try refuse(sum, Self.reason) { $0.step.reduce.count = 2 }
        try refuse(sum, Self.reason) { $0.step.in.0.type = UInt16(OC_TYPE_INT8.rawValue) }
        try refuse(sum, Self.reason) { $0.step.out.type = UInt16(OC_TYPE_INT32.rawValue) }
        let top = SampleStep.reduction(OC_REDUCE_TOP)
        for wrong in [6, .max] as [Int32] { try refuse(top, Self.reason) { $0.step.reduce.count = wrong } }
        try refuse(top, Self.reason) { $0.step.in.0.type = UInt16(OC_TYPE_INT8.rawValue) }
        try refuse(top, Self.reason) { $0.step.out.type = UInt16(OC_TYPE_INT64.rawValue) }
        try refuse(top, Self.reason) { $0.step.out.type = UInt16(OC_TYPE_FLOAT32.rawValue) }
        try accept(top) { $0.step.in.0.type = UInt16(OC_TYPE_INT32.rawValue) }
        for type in [OC_TYPE_INT8, OC_TYPE_UINT8] {
            try accept(top) { ($0.step.in.0.type, $0.step.in.0.bytes) = (UInt16(type.rawValue), 30) }
        }
    }

    @Test("Gathers")
    func gather() throws {
        for extent: WritableKeyPath<oc_gather, Int32> in [
            \.outer, \.count, \.depth, \.extents.0, \.extents.1, \.extents.5,
        ] {
            try refuse(.gather, Self.reason) { $0.step.gather[keyPath: extent] = 0 }
        }
        for wrong in [7, .max] as [Int32] { try refuse(.gather, Self.reason) { $0.step.gather.depth = wrong } }
        for wrong in [2, -1] as [Int32] { try refuse(.gather, Self.reason) { $0.step.gather.each = wrong } }
        for extent: WritableKeyPath<oc_gather, Int32> in [\.extents.0, \.extents.1, \.extents.2] {
            try refuse(.gather, Self.reason) { $0.step.gather[keyPath: extent] += 1 }
            try refuse(.gather, Self.reason) { $0.step.gather[keyPath: extent] = .max }
        }
        try refuse(.gather, Self.reason) { $0.step.gather.each = 1 }
        try refuse(.gather, Self.reason) { ($0.step.gather.outer, $0.step.gather.count) = (.max, .max) }
        try refuse(.gather, Self.reason) { $0.step.out.bytes = 0 }
        // One index of what two extents hold.
        try refuse(.gather, Self.reason) { ($0.step.gather.depth, $0.step.in.1.bytes) = (1, 12) }
        try accept(.gather) {
            ($0.step.gather.depth, $0.step.gather.extents, $0.step.in.1.bytes) = (1, (24, 1, 1, 1, 1, 1), 12)
        }
        try refuse(.gather, Self.reason) { $0.step.out.type = UInt16(OC_TYPE_UINT8.rawValue) }
        try refuse(.gather, Self.reason) { $0.step.in.1.type = UInt16(OC_TYPE_FLOAT32.rawValue) }
        try refuse(.gather, Self.reason) { $0.step.in.1.offset += 1 }
    }
}
