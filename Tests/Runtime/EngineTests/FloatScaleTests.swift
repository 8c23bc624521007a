import CKernels
import Graph
import Testing

/// The proof behind the float form of requantization, checked by trying every sum.
@Suite struct FloatScaleTests {
    @Test("A float form that is found equals the integer form for every sum", arguments: 0..<8)
    func everySum(seed: UInt64) {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
        func random(_ range: ClosedRange<Int32>) -> Int32 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return range.lowerBound + Int32(UInt64(state >> 33) % UInt64(range.upperBound - range.lowerBound + 1))
        }
        var found = 0
        for _ in 0..<6 {
            let multiplier = QuantizedMultiplier(multiplier: random((1 << 30)...(.max - 1)), shift: random(-9 ... -5))
            let zero = random(0...255)
            let low = random(0...1) == 0 ? zero : 0
            let least = random(-12_000...0)
            let most = random(1...12_000)
            let form = oc_find_float_scale(
                multiplier.multiplier, multiplier.shift, zero, low, 255, Int64(least), Int64(most))
            guard form.mode != OC_SCALE_INTEGER.rawValue else { continue }
            found += 1
            let isSigned = form.mode == OC_SCALE_SIGNED.rawValue
            for sum in least...most {
                let expected = min(255, max(low, multiplier(sum) + zero))
                let offset = isSigned && sum < 0 ? -form.offset : form.offset
                let fused = offset.addingProduct(Float(sum), form.scale).rounded(.toNearestOrEven)
                let result = min(255, max(low, Int32(fused) + (isSigned ? zero : 0)))
                if result != expected {
                    Issue.record("\(multiplier), zero \(zero), sum \(sum): \(result), not \(expected)")
                    break
                }
            }
        }
        #expect(found >= 3, "the search has become useless")
    }

    @Test("Sums that wrap have no float form")
    func wrapping() {
        #expect(oc_find_float_scale(1 << 30, 2, 0, -128, 127, 0, 1 << 30).mode == OC_SCALE_INTEGER.rawValue)
        #expect(oc_find_float_scale(1 << 30, -5, 0, -128, 127, 0, 1 << 40).mode == OC_SCALE_INTEGER.rawValue)
    }
}
