/// What the numbers of a graph are.
///
/// Importers give graphs of either level, the quantizer makes a quantized one of a real one, and the compiler takes quantized
/// ones alone.
public enum Level: Sendable {
    /// float32 activations and weights: a trained model as it was trained. Tensors have no scales.
    case real
    /// int8 activations with a scale each, float32 at the edges alone.
    case quantized
}
