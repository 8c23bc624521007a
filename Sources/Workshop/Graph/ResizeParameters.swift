/// One axis of RESIZE_BILINEAR of int8: output index i mixes `lower[i]` and `upper[i]` with weights `1024 - fraction[i]` and
/// `fraction[i]`. The result of both axes is `t / 2^20` rounded to nearest, ties away from zero, where
/// `t = Σ row weight * column weight * element` over the four elements.
///
/// `fraction` may be negative where half-pixel centers lie before the first element; both indices are then 0.
public struct BilinearAxis: Sendable, Equatable {
    public var lower: [Int]
    public var upper: [Int]
    public var fraction: [Int]

    /// In units of 1/1024 of an input element, `step = (1024 * input + output / 2) / output`, or with corners aligned and
    /// more than one output `(1024 * (input - 1) + (output - 1) / 2) / (output - 1)`. Position `p = i * step`, with half-pixel
    /// centers `+ step / 2 - 512`. `lower = max(0, p / 1024)`, `upper = min(input - 1, (p + 1023) / 1024)`,
    /// `fraction = p - 1024 * lower`; all divisions truncate.
    public init(input: Int, output: Int, alignCorners: Bool, halfPixelCenters: Bool) {
        let step =
            alignCorners && output > 1
            ? (1024 * (input - 1) + (output - 1) / 2) / (output - 1)
            : (1024 * input + output / 2) / output
        let positions = (0..<output).map { $0 * step + (halfPixelCenters ? step / 2 - 512 : 0) }
        lower = positions.map { min(max(0, $0 / 1024), input - 1) }
        upper = positions.map { min(input - 1, ($0 + 1023) / 1024) }
        fraction = zip(positions, lower).map { $0 - 1024 * $1 }
    }
}

/// One axis of RESIZE_BILINEAR of uint8: output index i lies between `lower[i]` and `upper[i]`, `fraction[i]` from the lower one, which is
/// below 0 or above 1 where the two are an edge.
public struct FloatAxis: Sendable, Equatable {
    public var lower: [Int]
    public var upper: [Int]
    public var fraction: [Float]

    /// In float: `scale` as of `NearestAxis`; `position = i * scale`, or with half-pixel centers `(i + 1/2) * scale - 1/2`. `lower` is its
    /// floor and `upper` its ceiling, within the input; `fraction = position - lower`.
    public init(input: Int, output: Int, alignCorners: Bool, halfPixelCenters: Bool) {
        let scale = resizeScale(input: input, output: output, alignCorners: alignCorners)
        let positions = (0..<output).map { halfPixelCenters ? (Float($0) + 0.5) * scale - 0.5 : Float($0) * scale }
        lower = positions.map { min(max(0, Int($0.rounded(.down))), input - 1) }
        upper = positions.map { min(max(0, Int($0.rounded(.up))), input - 1) }
        fraction = zip(positions, lower).map { $0 - Float($1) }
    }
}

/// One axis of RESIZE_NEAREST_NEIGHBOR: output index i copies input index `source[i]`.
public struct NearestAxis: Sendable, Equatable {
    public var source: [Int]

    /// In float: `scale = input / output`, or with corners aligned and more than one output `(input - 1) / (output - 1)`;
    /// `position = (i + offset) * scale`, offset 1/2 with half-pixel centers, else 0. The source is the position rounded to
    /// nearest (ties away from zero) with corners aligned, else its floor, within the input.
    public init(input: Int, output: Int, alignCorners: Bool, halfPixelCenters: Bool) {
        let scale = resizeScale(input: input, output: output, alignCorners: alignCorners)
        source = (0..<output).map {
            let position = (Float($0) + (halfPixelCenters ? 0.5 : 0)) * scale
            let rounded = position.rounded(alignCorners ? .toNearestOrAwayFromZero : .down)
            return min(max(0, Int(rounded)), input - 1)
        }
    }
}

/// Input elements an output element: `input / output`, or with corners aligned and more than one output `(input - 1) / (output - 1)`.
private func resizeScale(input: Int, output: Int, alignCorners: Bool) -> Float {
    alignCorners && output > 1 ? Float(input - 1) / Float(output - 1) : Float(input) / Float(output)
}
