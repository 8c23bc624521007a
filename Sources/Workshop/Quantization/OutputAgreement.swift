import Foundation
import Graph

/// How one output of two models agrees over many inputs, the first of which is right.
public struct OutputAgreement: Codable, Sendable {
    public var name: String
    public var shape: [Int]
    /// Pearson's correlation of the two results, by input: the mean and the least.
    public var correlation: Double
    public var leastCorrelation: Double
    /// Decibels: the squared values over the squared errors, of all inputs together.
    public var signalToNoise: Double
    /// The mean of the errors' magnitudes, and the greatest.
    public var meanError: Double
    public var greatestError: Double
    /// How often both are greatest at the same place; nil of outputs with several rows.
    public var top1: Double?
    /// Right values that the other model's elements cannot stand for, as a part of all; nil where they have no range.
    public var saturated: Double?
}

/// How one output agrees for one input.
public struct InputAgreement: Codable, Sendable {
    public var correlation: Double
    /// Decibels.
    public var signalToNoise: Double
    public var greatestError: Double
    /// Whether both are greatest at the same place; nil of outputs with several rows.
    public var isSameTop1: Bool?
}

/// Gathers what an `OutputAgreement` tells.
public struct AgreementSums {
    private let name: String
    private let shape: [Int]
    private let range: ClosedRange<Float>?
    private var correlations: [Double] = []
    private var signal = 0.0
    private var noise = 0.0
    private var magnitude = 0.0
    private var greatest = 0.0
    private var count = 0
    private var same = 0
    private var saturated = 0

    /// What stands for no error at all, in decibels.
    private static let most = 200.0

    /// - Parameter range: all that the other model's elements can stand for; nil: they have no such range.
    public init(_ name: String, shape: [Int], range: ClosedRange<Float>? = nil) {
        (self.name, self.shape, self.range) = (name, shape, range)
    }

    private var isRow: Bool { shape.last == shape.reduce(1, *) && (shape.last ?? 0) > 1 }

    private static func decibels(_ signal: Double, _ noise: Double) -> Double {
        noise > 0 ? min(10 * log10(max(signal, 1e-300) / noise), most) : most
    }

    /// - Parameters:
    ///   - right: one input's result.
    ///   - other: the other model's, of as many elements. All are finite.
    @discardableResult
    public mutating func add(_ right: [Float], _ other: [Float]) -> InputAgreement {
        let n = Double(right.count)
        var (sumA, sumB, squareA, squareB, product) = (0.0, 0.0, 0.0, 0.0, 0.0)
        var (errors, most) = (0.0, 0.0)
        var (bestA, bestB) = (0, 0)
        for index in 0..<right.count {
            let (a, b) = (Double(right[index]), Double(other[index]))
            sumA += a
            sumB += b
            squareA += a * a
            squareB += b * b
            product += a * b
            let error = abs(a - b)
            errors += error * error
            magnitude += error
            most = max(most, error)
            if right[index] > right[bestA] { bestA = index }
            if other[index] > other[bestB] { bestB = index }
            if let range, !range.contains(right[index]) { saturated += 1 }
        }
        signal += squareA
        noise += errors
        greatest = max(greatest, most)
        let variance = (squareA - sumA * sumA / n) * (squareB - sumB * sumB / n)
        let covariance = product - sumA * sumB / n
        // One number alone, or two that never change, correlate by being the same.
        let correlation = variance > 0 ? covariance / variance.squareRoot() : squareA == squareB ? 1 : 0
        correlations.append(correlation)
        count += right.count
        if bestA == bestB { same += 1 }
        return InputAgreement(
            correlation: correlation, signalToNoise: Self.decibels(squareA, errors), greatestError: most,
            isSameTop1: isRow ? bestA == bestB : nil)
    }

    public var agreement: OutputAgreement {
        let inputs = Double(max(correlations.count, 1))
        return OutputAgreement(
            name: name, shape: shape, correlation: correlations.reduce(0, +) / inputs,
            leastCorrelation: correlations.min() ?? 1, signalToNoise: Self.decibels(signal, noise),
            meanError: magnitude / Double(max(count, 1)), greatestError: greatest,
            top1: isRow ? Double(same) / inputs : nil,
            saturated: range.map { _ in Double(saturated) / Double(max(count, 1)) })
    }
}

/// How a tensor inside two models agrees, each channel of the second up to a factor if so wished: quantization scales channels that
/// later layers scale back.
public struct LayerSums {
    private let isScaled: Bool
    private var signal: [Double]
    private var other: [Double]
    private var product: [Double]
    private var inputs = 0
    private let places: Int

    /// Values by which a channel's factor is told, at least.
    private static let told = 16

    /// - Parameter isScaled: each channel's factor is the one that leaves least.
    public init(shape: [Int], isScaled: Bool) {
        let channels = shape.last ?? 1
        self.isScaled = isScaled
        places = shape.reduce(1, *) / max(channels, 1)
        (signal, other, product) = (
            .init(repeating: 0, count: channels), .init(repeating: 0, count: channels),
            .init(repeating: 0, count: channels)
        )
    }

    /// - Parameters:
    ///   - right: channels last.
    ///   - second: of as many elements.
    public mutating func add(_ right: [Float], _ second: [Float]) {
        let channels = signal.count
        for start in stride(from: 0, to: min(right.count, second.count), by: max(channels, 1)) {
            for channel in 0..<channels {
                let (a, b) = (Double(right[start + channel]), Double(second[start + channel]))
                signal[channel] += a * a
                other[channel] += b * b
                product[channel] += a * b
            }
        }
        inputs += 1
    }

    /// Decibels, of all inputs together; nil where too few values tell the factors, or nothing but zeros was right.
    public var signalToNoise: Double? {
        let energy = signal.reduce(0, +)
        guard energy > 0, !isScaled || inputs * places >= Self.told else { return nil }
        let noise = signal.indices.reduce(0.0) { sum, channel in
            let (a, b, product) = (signal[channel], other[channel], product[channel])
            guard isScaled else { return sum + a - 2 * product + b }
            // A channel that is turned round is none that was scaled.
            return sum + (b > 0 && product > 0 ? a - product * product / b : a)
        }
        return min(10 * log10(energy / max(noise, energy * 1e-20)), 120)
    }
}
