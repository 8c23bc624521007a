import Foundation

/// The small models of `Tests/Data/operators` with what the reference kernels answer.
public enum OperatorSuite {
    /// `Tests/Data` of this checkout.
    public static let dataFolder = Checkout.file("Tests/Data")

    /// Every case's name, `<operator>-<case>`, sorted.
    public static let cases: [String] = {
        let folder = dataFolder.appendingPathComponent("operators").path
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".tflite") }.map { String($0.dropLast(7)) }.sorted()
    }()

    /// The operators that have cases, such as `conv_2d`; `chain` for graphs of several.
    public static let operators = Set(cases.map(operatorName)).sorted()

    public static func cases(of name: String) -> [String] {
        cases.filter { operatorName($0) == name }
    }

    /// Of cases on uint8, that of the same on int8.
    private static func operatorName(_ name: String) -> String {
        String((name.hasPrefix("uint8_") ? name.dropFirst(6) : name[...]).prefix { $0 != "-" })
    }

    public static func modelPath(_ name: String) -> String {
        dataFolder.appendingPathComponent("operators/\(name).tflite").path
    }

    /// Whether the case computes in float32, where the reference's elementary functions are the C library's and ours are our own.
    public static func isReal(_ name: String) -> Bool { name.hasPrefix("real-") }

    /// How many bytes are not the reference's; of float32 results of such cases, how many numbers are far from its.
    public static func differing(_ name: String, _ found: [UInt8], _ expected: [UInt8], isReal: Bool) -> Int {
        guard isReal, Self.isReal(name) else { return zip(found, expected).count { $0 != $1 } }
        let (found, expected) = (floats(found), floats(expected))
        // Sums of numbers that nearly cancel are as far off as those are large.
        let largest = expected.reduce(0) { max($0, min($1.magnitude, 100)) }
        return zip(found, expected).count { found, expected in
            let isSame = found == expected || (found.isNaN && expected.isNaN)
            return !isSame && !((found - expected).magnitude <= 1e-6 * (2 * expected.magnitude + largest))
        }
    }

    private static func floats(_ bytes: [UInt8]) -> [Float] {
        bytes.withUnsafeBytes { raw in
            (0..<bytes.count / 4).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
    }

    /// The recorded runs of a case.
    /// - Parameters:
    ///   - inputs: byte counts of the model's inputs, in its order.
    ///   - outputs: likewise of its outputs.
    public static func runs(_ name: String, inputs: [Int], outputs: [Int]) throws -> [GoldenRun] {
        let path = dataFolder.appendingPathComponent("operators/\(name).golden")
        let bytes = [UInt8](try Data(contentsOf: path))
        let perRun = (inputs + outputs).reduce(0, +)
        guard bytes.starts(with: Array("OCGOLD1\n".utf8)), bytes.count > 12, bytes[9...11].allSatisfy({ $0 == 0 }),
            bytes.count == 12 + Int(bytes[8]) * perRun
        else { throw GoldenError(path: path.path, expected: 12 + 3 * perRun, found: bytes.count) }
        var position = 12
        func take(_ count: Int) -> [UInt8] {
            position += count
            return Array(bytes[position - count..<position])
        }
        return (0..<bytes[8]).map { _ in GoldenRun(inputs: inputs.map(take), outputs: outputs.map(take)) }
    }
}

/// One inference: input and output bytes in the model's order.
public struct GoldenRun: Sendable {
    public var inputs: [[UInt8]]
    public var outputs: [[UInt8]]

    public init(inputs: [[UInt8]], outputs: [[UInt8]]) {
        self.inputs = inputs
        self.outputs = outputs
    }
}

/// A golden file that does not fit its model.
public struct GoldenError: Error {
    public var path: String
    public var expected: Int
    public var found: Int
}
