import Foundation

/// What the reference kernels answer for a whole model with one int8 input (`Tests/Data/models/golden.json`).
public struct ModelGolden: Decodable, Sendable {
    /// Of the model's file.
    public var sha256: String
    /// For random input k the CRC-32 of each output's bytes.
    public var outputs: [[UInt32]]
    /// For random input 0 the CRC-32 of each operator's outputs, in execution order.
    public var operators: [[UInt32]]

    /// By model: blazeface_short, efficientnet_lite0, mobilenet_v1, mobilenet_v2, person_detect.
    public static func all() throws -> [String: ModelGolden] {
        let path = OperatorSuite.dataFolder.appendingPathComponent("models/golden.json")
        return try JSONDecoder().decode([String: ModelGolden].self, from: Data(contentsOf: path))
    }

    /// Where the model's file is. Those that are not committed are sought in the folder that the environment variable
    /// OCELLUS_MODELS names, in `../shared/models` beside the checkout and in `.build-models`; nil, with a line that says
    /// so, where there is none.
    public static func path(of model: String) -> String? {
        let data = OperatorSuite.dataFolder
        let checkout = data.deletingLastPathComponent().deletingLastPathComponent()
        let file = "\(model)_int8.tflite"
        var candidates = [data.appendingPathComponent("models/\(file)")]
        if model == "person_detect" {
            candidates = [checkout.appendingPathComponent("Examples/person-sensor/person_detect.tflite")]
        }
        if let folder = ProcessInfo.processInfo.environment["OCELLUS_MODELS"] {
            candidates.append(URL(fileURLWithPath: folder).appendingPathComponent(file))
        }
        candidates.append(checkout.appendingPathComponent("../shared/models/\(file)").standardizedFileURL)
        candidates.append(checkout.appendingPathComponent(".build-models/\(file)"))
        if let found = candidates.map(\.path).first(where: FileManager.default.fileExists) { return found }
        print(
            "skipped \(model): \(file) is in none of OCELLUS_MODELS, ../shared/models, .build-models (see Tests/Data/README.md)"
        )
        return nil
    }

    /// Random input k, as `Tests/Data/make-golden.py` makes it.
    public static func input(_ k: Int, byteCount: Int) -> [UInt8] {
        MersenneTwister.int8Bytes(seed: UInt32(1000 + k), count: byteCount)
    }
}
