import Foundation
import Graph
import Reference

/// What quantization loses in one layer's result on the samples it was fitted to, all layers before it quantized as well.
public struct LayerLoss: Encodable, Sendable {
    /// "operator 12 (CONV_2D)".
    public var origin: String
    /// Decibels: the squared values over the squared errors, the mean of all samples.
    public var signalToNoise: Double
    /// What stands for no error at all.
    static let most = 120.0
    /// Values beyond the tensor's range, as a part of all.
    public var saturated: Double
    /// Decibels that each of the layer's own causes would leave alone: the steps of its scale, the ends of its range, and its
    /// weights' steps. Nil where it has no such loss.
    public var rounding: Double?
    public var clipping: Double?
    public var weights: Double?
    /// Decibels of the worst of what it reads, and the layer that makes it; nil where all of it is exact.
    public var input: Double?
    public var source: String?

    /// Decibels that its own causes leave together; nil where it adds no error.
    public var own: Double? {
        let noise = [rounding, clipping, weights].compactMap(\.self).reduce(0) { $0 + pow(10, -$1 / 10) }
        return noise > 0 ? -10 * log10(noise) : nil
    }
}

/// Sums of one layer.
struct LossSums {
    /// The mean over samples of decibels; samples without a signal do not count.
    private struct Mean {
        private var sum = 0.0
        private var count = 0
        private var hasNoise = false

        mutating func add(_ signal: Float, _ noise: Float) {
            guard signal > 0 else { return }
            hasNoise = hasNoise || noise > 0
            sum += noise > 0 ? min(10 * log10(Double(signal) / Double(noise)), LayerLoss.most) : LayerLoss.most
            count += 1
        }

        var decibels: Double { count > 0 ? sum / Double(count) : LayerLoss.most }
        var loss: Double? { hasNoise ? decibels : nil }
    }

    private var whole = Mean()
    private var rounding = Mean()
    private var clipping = Mean()
    private var weights = Mean()
    private var saturated = 0
    private var count = 0

    /// - Parameters:
    ///   - real: the result as it should be.
    ///   - unrounded: what the layer makes of quantized operands.
    ///   - quantized: the same in steps of its scale.
    ///   - floor: values below are all one.
    mutating func add(
        _ real: RealBuffer, _ unrounded: RealBuffer, _ quantized: RealBuffer, _ quantization: Quantization, floor: Float
    ) {
        let (low, high) = (quantization.int8Range.lowerBound, quantization.int8Range.upperBound)
        var (signals, noises) = (SIMD8<Float>.zero, SIMD8<Float>.zero)
        var (inside, outside) = (SIMD8<Float>.zero, SIMD8<Float>.zero)
        var beyond = SIMD8<Int32>.zero
        let least = SIMD8(repeating: floor)
        real.withElements { a in
            unrounded.withElements { b in
                quantized.withElements { c in
                    a.byEights(with: b, c) { a, b, c in
                        let (right, found, result) = (a.atLeast(least), b.atLeast(least), c.atLeast(least))
                        signals += right * right
                        noises += (right - result) * (right - result)
                        beyond.replace(with: beyond &+ 1, where: (right .< low) .| (right .> high))
                        let (isOutside, step) = ((found .< low) .| (found .> high), found - result)
                        outside += (step * step).replacing(with: 0, where: .!isOutside)
                        inside += (step * step).replacing(with: 0, where: isOutside)
                    }
                }
            }
        }
        let signal = signals.sum()
        whole.add(signal, noises.sum())
        rounding.add(signal, inside.sum())
        clipping.add(signal, outside.sum())
        saturated += Int(beyond.wrappedSum())
        count += real.count
    }

    /// What the steps of its weights cost for exact operands, their means made good.
    mutating func addWeights(signal: Float, noise: Float) { weights.add(signal, noise) }

    func loss(_ origin: String, reads worst: (decibels: Double, source: String)?) -> LayerLoss {
        LayerLoss(
            origin: origin, signalToNoise: whole.decibels,
            saturated: count > 0 ? Double(saturated) / Double(count) : 0, rounding: rounding.loss,
            clipping: clipping.loss, weights: weights.loss, input: worst?.decibels, source: worst?.source)
    }
}
