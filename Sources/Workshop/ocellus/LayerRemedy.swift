import Foundation
import Quantization

/// A layer that loses much by itself, and what helps.
struct LayerRemedy: Encodable {
    /// What most of the layer's own loss comes from.
    enum Cause: String, Encodable {
        case clipping, rounding, weights
    }

    /// "operator 12 (CONV_2D)".
    var origin: String
    /// Among the layers, in execution order.
    var layer: Int
    var cause: Cause
    /// In words.
    var remedy: String

    /// Those that add most noise to what they read, worst first.
    static func worst(_ count: Int, of layers: [LayerLoss]) -> [LayerRemedy] {
        let order = layers.indices.filter { layers[$0].own != nil }.sorted {
            (layers[$0].own ?? 0, $0) < (layers[$1].own ?? 0, $1)
        }
        return order.prefix(count).map { LayerRemedy(layers[$0], at: $0) }
    }

    private init(_ loss: LayerLoss, at layer: Int) {
        origin = loss.origin
        self.layer = layer
        let causes: [(Cause, Double?)] = [
            (.clipping, loss.clipping), (.rounding, loss.rounding), (.weights, loss.weights),
        ]
        cause = causes.min { ($0.1 ?? .infinity) < ($1.1 ?? .infinity) }?.0 ?? .rounding
        switch cause {
        case .clipping:
            remedy =
                "what lies beyond its range is cut off (\(loss.saturated.formatted(percent: 2)) of its values): calibrate with "
                + "more pictures like those that it will see, or bound its values in training, as RELU6 does"
        case .rounding:
            // The root of a mean square, in steps: noise within a step is a twelfth of its square.
            let steps = pow(10, (loss.rounding ?? 0) / 20) / 12.0.squareRoot()
            remedy =
                "its values are \(String(format: "%.1f", steps)) of its 256 steps on average, as a few large ones set the range: "
                + "bound its values in training, as RELU6 does, or train on with quantization"
        case .weights:
            remedy =
                "its weights lose most in steps of 8 bits: train on with quantization, or with weight decay where a few "
                + "weights of a channel are far greater than the others"
        }
    }
}

extension Double {
    /// A part of all as "0.25 %".
    func formatted(percent digits: Int) -> String { String(format: "%.\(digits)f %%", self * 100) }
}
