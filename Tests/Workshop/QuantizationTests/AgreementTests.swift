import Quantization
import Testing

@Suite struct AgreementTests {
    @Test("An output's figures are those of their definitions")
    func figures() {
        var sums = AgreementSums("y", shape: [1, 4], range: -1...3)
        let first = sums.add([1, 2, 3, 4], [1, 2, 4, 3])
        #expect(first.isSameTop1 == false && first.greatestError == 1)
        #expect(abs(first.correlation - 0.8) < 1e-9 && abs(first.signalToNoise - 11.7609) < 1e-3)
        let second = sums.add([0, 0, 0, 2], [0, 0, 0, 2])
        #expect(second.isSameTop1 == true && second.correlation == 1 && second.signalToNoise == 200)
        let agreement = sums.agreement
        #expect(agreement.top1 == 0.5 && agreement.saturated == 1.0 / 8 && agreement.meanError == 0.25)
        #expect(abs(agreement.correlation - 0.9) < 1e-9 && abs(agreement.leastCorrelation - 0.8) < 1e-9)
    }

    @Test("What never changes correlates by being the same, and tables of rows have no first place")
    func constant() {
        var sums = AgreementSums("y", shape: [1, 2, 2])
        #expect(sums.add([1, 1, 1, 1], [1, 1, 1, 1]).correlation == 1)
        #expect(sums.add([1, 1, 1, 1], [2, 2, 2, 2]).correlation == 0)
        #expect(sums.add([0, 0, 0, 0], [1, 1, 1, 1]).signalToNoise < -1000)
        #expect(sums.agreement.top1 == nil && sums.agreement.saturated == nil)
    }

    @Test("A layer's channels may be scaled, each by itself, and not turned round")
    func scaled() throws {
        let right = (0..<64).map { Float($0 % 7) - 3 }
        let scaled = right.indices.map { right[$0] * ($0 % 2 == 0 ? 2 : 0.25) }
        var (plain, free, turned) = (
            LayerSums(shape: [1, 4, 8, 2], isScaled: false), LayerSums(shape: [1, 4, 8, 2], isScaled: true),
            LayerSums(shape: [1, 4, 8, 2], isScaled: true)
        )
        plain.add(right, scaled)
        free.add(right, scaled)
        turned.add(right, right.map { -$0 })
        #expect(try #require(plain.signalToNoise) < 3)
        #expect(try #require(free.signalToNoise) > 100)
        #expect(abs(try #require(turned.signalToNoise)) < 1e-9)
    }

    @Test("Too few values tell no factor")
    func few() {
        var sums = LayerSums(shape: [1, 1, 1, 8], isScaled: true)
        for _ in 0..<15 { sums.add([1, 2, 3, 4, 5, 6, 7, 8], [8, 7, 6, 5, 4, 3, 2, 1]) }
        #expect(sums.signalToNoise == nil)
        sums.add([1, 2, 3, 4, 5, 6, 7, 8], [8, 7, 6, 5, 4, 3, 2, 1])
        #expect(sums.signalToNoise != nil)
    }
}
