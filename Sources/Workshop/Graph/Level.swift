/// What the numbers of a graph are.
///
/// Importers give graphs of either level, the quantizer makes a quantized one of a real one, and the compiler takes quantized
/// ones alone.
public enum Level: Sendable {
    /// float32 activations and weights: a trained model as it was trained. A tensor has a scale only where the file says how it is
    /// quantized: it then holds only what its int8 elements can stand for (of weights int8 or uint8 ones, as in a quantized graph),
    /// and the quantizer gives it that scale.
    case real
    /// int8 activations with a scale each, float32 at the edges alone.
    case quantized
}
