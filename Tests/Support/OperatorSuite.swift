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
