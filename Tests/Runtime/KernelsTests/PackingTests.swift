import CBundle
@testable import Kernels
import TestSupport
import Testing

/// How constants lie is part of the file format: bundles that boards have must go on meaning the same.
@Suite struct PackingTests {
    struct Family: Sendable, CustomTestStringConvertible {
        let set: KernelSet
        let kernel: oc_kernel
        let checksum: UInt64

        var testDescription: String { "\(set.name), kernel \(kernel.rawValue)" }
    }

    /// FNV-1a over packed bytes and scratch sizes of forty geometries each.
    static let families: [Family] = [
        Family(set: .scalar, kernel: OC_KERNEL_CONV, checksum: 0x08adf2327e73d7ce),
        Family(set: .scalar, kernel: OC_KERNEL_CONV_ADD, checksum: 0x1dac73b81db22e23),
        Family(set: .scalar, kernel: OC_KERNEL_DEPTHWISE, checksum: 0xe5d03774f269d383),
        Family(set: .scalar, kernel: OC_KERNEL_DEPTHWISE_MULTIPLIED, checksum: 0x30777059db4bd9bd),
        Family(set: .scalar, kernel: OC_KERNEL_TRANSPOSE_CONV, checksum: 0x9da78e04433eec05),
        Family(set: .avx2, kernel: OC_KERNEL_CONV, checksum: 0x1cf4d83c68feb634),
        Family(set: .avx2, kernel: OC_KERNEL_CONV_ADD, checksum: 0x0bd9a42b95882f3d),
        Family(set: .avx2, kernel: OC_KERNEL_DEPTHWISE, checksum: 0xc7dc0d32175f9d4e),
        Family(set: .avx2, kernel: OC_KERNEL_DEPTHWISE_MULTIPLIED, checksum: 0x30777059db4bd9bd),
        Family(set: .avx2, kernel: OC_KERNEL_TRANSPOSE_CONV, checksum: 0x9da78e04433eec05),
        Family(set: .avx512vnni, kernel: OC_KERNEL_CONV, checksum: 0x58a1540f8828990d),
        Family(set: .avx512vnni, kernel: OC_KERNEL_CONV_ADD, checksum: 0xeae64dbbefae58b3),
        Family(set: .avx512vnni, kernel: OC_KERNEL_DEPTHWISE, checksum: 0x127d71c6a88c50c8),
        Family(set: .avx512vnni, kernel: OC_KERNEL_DEPTHWISE_MULTIPLIED, checksum: 0x5f093258db16e33d),
        Family(set: .avx512vnni, kernel: OC_KERNEL_TRANSPOSE_CONV, checksum: 0x9da78e04433eec05),
        Family(set: .neon, kernel: OC_KERNEL_CONV, checksum: 0xf86ab1c371484732),
        Family(set: .neon, kernel: OC_KERNEL_CONV_ADD, checksum: 0x6a4a781b8b198456),
        Family(set: .neon, kernel: OC_KERNEL_DEPTHWISE, checksum: 0x68760a36ae599a10),
        Family(set: .neon, kernel: OC_KERNEL_DEPTHWISE_MULTIPLIED, checksum: 0x30777059db4bd9bd),
        Family(set: .neon, kernel: OC_KERNEL_TRANSPOSE_CONV, checksum: 0x9da78e04433eec05),
        Family(set: .dotprod, kernel: OC_KERNEL_CONV, checksum: 0xc18d6639868ff9c5),
        Family(set: .dotprod, kernel: OC_KERNEL_CONV_ADD, checksum: 0xfb0ac665e253a842),
        Family(set: .dotprod, kernel: OC_KERNEL_DEPTHWISE, checksum: 0x6eb4dba683bd3253),
        Family(set: .dotprod, kernel: OC_KERNEL_DEPTHWISE_MULTIPLIED, checksum: 0x30777059db4bd9bd),
        Family(set: .dotprod, kernel: OC_KERNEL_TRANSPOSE_CONV, checksum: 0x9da78e04433eec05),
        Family(set: .i8mm, kernel: OC_KERNEL_CONV, checksum: 0xcf3b84dd47e40b39),
        Family(set: .i8mm, kernel: OC_KERNEL_CONV_ADD, checksum: 0xe4d7028983858590),
        Family(set: .i8mm, kernel: OC_KERNEL_DEPTHWISE, checksum: 0x6eb4dba683bd3253),
        Family(set: .i8mm, kernel: OC_KERNEL_DEPTHWISE_MULTIPLIED, checksum: 0x30777059db4bd9bd),
        Family(set: .i8mm, kernel: OC_KERNEL_TRANSPOSE_CONV, checksum: 0x9da78e04433eec05),
        Family(set: .neon32, kernel: OC_KERNEL_CONV, checksum: 0x5cedb66127a4ae4a),
        Family(set: .neon32, kernel: OC_KERNEL_CONV_ADD, checksum: 0x37b16be4cd316ae3),
        Family(set: .neon32, kernel: OC_KERNEL_DEPTHWISE, checksum: 0x68760a36ae599a10),
        Family(set: .neon32, kernel: OC_KERNEL_DEPTHWISE_MULTIPLIED, checksum: 0x30777059db4bd9bd),
        Family(set: .neon32, kernel: OC_KERNEL_TRANSPOSE_CONV, checksum: 0x9da78e04433eec05),
        Family(set: .rvv, kernel: OC_KERNEL_CONV, checksum: 0x61dada7573d5eb29),
        Family(set: .rvv, kernel: OC_KERNEL_CONV_ADD, checksum: 0x5a6ae6bef80e8e8a),
        Family(set: .rvv, kernel: OC_KERNEL_DEPTHWISE, checksum: 0xe5d03774f269d383),
        Family(set: .rvv, kernel: OC_KERNEL_DEPTHWISE_MULTIPLIED, checksum: 0x30777059db4bd9bd),
        Family(set: .rvv, kernel: OC_KERNEL_TRANSPOSE_CONV, checksum: 0x9da78e04433eec05),
    ]

    @Test("Constants and scratch are laid out as they always were", arguments: families)
    func layoutsStay(family: Family) {
        let found = Self.checksum(family.set, family.kernel)
        #expect(found == family.checksum, "0x\(String(found, radix: 16))")
    }

    @Test("Unpacking gives back what was packed", arguments: KernelSet.allCases)
    func roundTrip(set: KernelSet) {
        var random = SplitMix64(state: 7)
        for kernel in [OC_KERNEL_CONV, OC_KERNEL_DEPTHWISE, OC_KERNEL_TRANSPOSE_CONV] {
            for _ in 0..<20 {
                let sample = Sample(kernel, &random)
                let layout = ConvolutionLayout(sample.geometry, kernel: kernel.rawValue, set: set)
                let packed = sample.pack(layout)
                let parts = packed.withUnsafeBytes { layout.unpack($0) }
                #expect(parts.weights == sample.weights && parts.bias == sample.bias)
                #expect(parts.multiplier == sample.multiplier && parts.shift == sample.shift)
            }
        }
    }

    @Test("The constants of matrices go from set to set and back")
    func matrices() {
        var random = SplitMix64(state: 11)
        for (units, depth) in [(1, 1), (3, 7), (4, 16), (10, 33), (17, 64)] {
            var m = oc_matrix()
            (m.rows, m.units, m.depth, m.in_zero) = (1, Int32(units), Int32(depth), 5)
            let weights = (0..<units * depth).map { _ in Int8(truncatingIfNeeded: Int(random.next() & 255)) }
            let bias = (0..<units).map { Int32($0) - 3 }
            let factors = (0..<units).map { 1 / Double($0 + 2) }
            func packed(_ set: KernelSet) -> [UInt8] {
                MatrixLayout(m, set: set).pack(weights: weights, bias: bias, factors: factors)
            }
            for source in KernelSet.allCases {
                for target in KernelSet.allCases {
                    let layout = MatrixLayout(m, set: source)
                    let again = packed(source).withUnsafeBytes { layout.repacked($0, as: MatrixLayout(m, set: target)) }
                    #expect(again == packed(target), "\(source) to \(target), \(units) of \(depth)")
                }
            }
        }
    }

    static func checksum(_ set: KernelSet, _ kernel: oc_kernel) -> UInt64 {
        var random = SplitMix64(state: UInt64(kernel.rawValue))
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for _ in 0..<40 {
            let sample = Sample(kernel, &random)
            let layout = ConvolutionLayout(sample.geometry, kernel: kernel.rawValue, set: set)
            for size in [layout.constantBytes, layout.minimumScratchBytes, layout.preferredScratchBytes] {
                for shift in 0..<8 { add(UInt8(truncatingIfNeeded: size >> Int64(8 * shift))) }
            }
            for byte in sample.pack(layout) { add(byte) }
        }
        return hash
    }

    /// A convolution's geometry and what is packed for it.
    struct Sample {
        var geometry = oc_conv()
        let weights: [Int8]
        let bias: [Int32]
        let multiplier: [Int32]
        let shift: [Int32]

        init(_ kernel: oc_kernel, _ random: inout SplitMix64) {
            var c = oc_conv()
            let isDepthwise = kernel == OC_KERNEL_DEPTHWISE || kernel == OC_KERNEL_DEPTHWISE_MULTIPLIED
            let isSquare = random.number(0...1) == 0
            c.batches = random.number(1...2)
            (c.kernel_h, c.kernel_w) = (random.number(1...5), random.number(1...5))
            if isSquare {
                (c.kernel_h, c.kernel_w) = random.number(0...2) == 0 ? (1, 1) : c.kernel_h > 2 ? (5, 5) : (3, 3)
            }
            (c.stride_h, c.stride_w, c.dilation_h, c.dilation_w) = (1, 1, 1, 1)
            if random.number(0...2) == 0 { (c.stride_h, c.stride_w) = (2, 2) }
            if random.number(0...5) == 0 { (c.dilation_h, c.dilation_w) = (2, random.number(1...2)) }
            c.groups = 1
            c.in_c = random.number(1...20)
            c.out_c = isDepthwise ? c.in_c : random.number(1...45)
            if kernel == OC_KERNEL_DEPTHWISE_MULTIPLIED { c.out_c *= 2 }
            if random.number(0...3) == 0 { (c.pad_top, c.pad_left) = (c.kernel_h / 2, c.kernel_w / 2) }
            (c.in_h, c.in_w) = (random.number(1...12), random.number(1...30))
            (c.out_h, c.out_w) = ((c.in_h + c.stride_h - 1) / c.stride_h, (c.in_w + c.stride_w - 1) / c.stride_w)
            (c.in_zero, c.out_zero) = (random.number(-128...127), random.number(-128...127))
            (c.clamp_min, c.clamp_max) = (random.number(-128...0), 127)
            geometry = c
            let channels = Int(c.out_c)
            let taps = Int(c.kernel_h * c.kernel_w)
            var weights: [Int8] = []
            // How many products may be summed in few bits depends on how large weights are.
            let smaller = Int(random.number(0...4))
            for _ in 0..<channels * (isDepthwise ? taps : taps * Int(c.in_c)) {
                weights.append(Int8(truncatingIfNeeded: random.number(-128...127)) >> smaller)
            }
            self.weights = weights
            bias = (0..<channels).map { _ in random.number(-100_000...100_000) }
            multiplier = (0..<channels).map { _ in random.number((1 << 30)...(.max - 1)) }
            shift = (0..<channels).map { _ in random.number(-14...1) }
        }

        func pack(_ layout: ConvolutionLayout) -> [UInt8] {
            layout.pack(weights: weights, bias: bias, multiplier: multiplier, shift: shift)
        }
    }
}

extension SplitMix64 {
    fileprivate mutating func number(_ range: ClosedRange<Int32>) -> Int32 {
        range.lowerBound + Int32(next() % (UInt64(range.upperBound - range.lowerBound) + 1))
    }
}
