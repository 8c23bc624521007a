/// Local response normalization: each element times a power of what the channels around it hold at the same place
/// (A. Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks", section 3.3),
///
///     y[c] = x[c] * (bias + scale * Σ x[j]²)^-beta,   j = max(0, c - below) ... min(C - 1, c + above)
///
/// Formats differ in what they call alpha. TensorFlow Lite: `scale` = alpha, `below` = `above` = radius. ONNX: `scale` =
/// alpha / size, and of an even window the larger half lies above. Jetpac: `scale` = alpha / size, both sides size / 2, so
/// that an even size acts as the next odd one.
public struct LocalResponse: Sendable, Equatable {
    /// Channels of the window before and behind the element's own, 0 or more.
    public var below: Int
    public var above: Int
    /// 0 or more, finite, as the others.
    public var scale: Float
    /// Above 0.
    public var bias: Float
    public var beta: Float

    public init(below: Int, above: Int, scale: Float, bias: Float, beta: Float) {
        self.below = below
        self.above = above
        self.scale = scale
        self.bias = bias
        self.beta = beta
    }

    /// The channels that count for one of `channels`.
    public func window(_ channel: Int, of channels: Int) -> ClosedRange<Int> {
        max(0, channel - min(below, channels))...min(channels - 1, channel + min(above, channels))
    }

    /// What is wrong with the parameters, or nil.
    var problem: String? {
        if below < 0 || above < 0 { return "its window is no number of channels" }
        guard bias.isFinite, bias > 0 else { return "its bias k is \(bias); above 0 is needed" }
        guard scale.isFinite, scale >= 0 else { return "its alpha makes a factor of \(scale); 0 or more is needed" }
        guard beta.isFinite, beta.magnitude <= 64 else { return "its beta \(beta) is out of range" }
        return nil
    }
}
