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
}

/// Gathers what an `OutputAgreement` tells.
public struct AgreementSums {
    private let name: String
    private let shape: [Int]
    private var correlations: [Double] = []
    private var signal = 0.0
    private var noise = 0.0
    private var magnitude = 0.0
    private var greatest = 0.0
    private var count = 0
    private var same = 0
    private var inputs = 0

    public init(_ tensor: Tensor) {
        name = tensor.name
        shape = tensor.shape
    }

    private var isRow: Bool { shape.count >= 1 && shape.last == shape.reduce(1, *) && (shape.last ?? 0) > 1 }

    /// - Parameters:
    ///   - right: one input's result.
    ///   - other: the other model's.
    public mutating func add(_ right: [Float], _ other: [Float]) {
        let n = Double(right.count)
        var (sumA, sumB, squareA, squareB, product) = (0.0, 0.0, 0.0, 0.0, 0.0)
        var (bestA, bestB) = (0, 0)
        for index in 0..<right.count {
            let (a, b) = (Double(right[index]), Double(other[index]))
            sumA += a
            sumB += b
            squareA += a * a
            squareB += b * b
            product += a * b
            let error = abs(a - b)
            noise += error * error
            magnitude += error
            greatest = max(greatest, error)
            if right[index] > right[bestA] { bestA = index }
            if other[index] > other[bestB] { bestB = index }
        }
        signal += squareA
        let variance = (squareA - sumA * sumA / n) * (squareB - sumB * sumB / n)
        let covariance = product - sumA * sumB / n
        // One number alone, or two that never change, correlate by being the same.
        correlations.append(variance > 0 ? covariance / variance.squareRoot() : squareA == squareB ? 1 : 0)
        count += right.count
        inputs += 1
        if bestA == bestB { same += 1 }
    }

    public var agreement: OutputAgreement {
        OutputAgreement(
            name: name, shape: shape, correlation: correlations.reduce(0, +) / Double(max(inputs, 1)),
            leastCorrelation: correlations.min() ?? 1,
            signalToNoise: noise > 0 ? min(10 * log10(signal / noise), 200) : 200,
            meanError: magnitude / Double(max(count, 1)), greatestError: greatest,
            top1: isRow ? Double(same) / Double(max(inputs, 1)) : nil)
    }
}
