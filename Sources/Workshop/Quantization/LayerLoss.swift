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
}

/// Sums of one layer.
struct LossSums {
    private var decibels = 0.0
    private var samples = 0
    private var saturated = 0
    private var count = 0

    mutating func add(_ real: RealBuffer, _ quantized: RealBuffer, _ quantization: Quantization) {
        let low = quantization.scale * (Float(-128 - quantization.zeroPoint) - 0.5)
        let high = quantization.scale * (Float(127 - quantization.zeroPoint) + 0.5)
        var (signals, noises) = (SIMD8<Float>.zero, SIMD8<Float>.zero)
        var beyond = SIMD8<Int32>.zero
        real.withElements { a in
            quantized.withElements { b in
                a.byEights(with: b) { a, b in
                    signals += a * a
                    noises += (a - b) * (a - b)
                    beyond.replace(with: beyond &+ 1, where: (a .< low) .| (a .> high))
                }
            }
        }
        let (signal, noise) = (signals.sum(), noises.sum())
        if signal > 0 {
            decibels += noise > 0 ? min(10 * log10(Double(signal) / Double(noise)), LayerLoss.most) : LayerLoss.most
            samples += 1
        }
        saturated += Int(beyond.wrappedSum())
        count += real.count
    }

    func loss(_ origin: String) -> LayerLoss {
        LayerLoss(
            origin: origin, signalToNoise: samples > 0 ? decibels / Double(samples) : LayerLoss.most,
            saturated: count > 0 ? Double(saturated) / Double(count) : 0)
    }
}
