import Foundation

/// What the reference kernels answer for a whole model with one int8 input (`Tests/Data/models/golden.json`).
public struct ModelGolden: Decodable, Sendable {
    /// Of the model's file.
    public var sha256: String
    /// For random input k the CRC-32 of each output's bytes.
    public var outputs: [[UInt32]]
    /// For random input 0 the CRC-32 of each operator's outputs, in execution order.
    public var operators: [[UInt32]]

    /// By model: blazeface_short, efficientnet_lite0, mobilenet_v1, mobilenet_v2, person_detect. A `golden.json` in a
    /// model's own folder goes before the committed one.
    public static func all() throws -> [String: ModelGolden] {
        let committed = OperatorSuite.dataFolder.appendingPathComponent("models/golden.json")
        var golden = try read(committed)
        for model in golden.keys {
            guard let file = locate(model) else { continue }
            let beside = file.deletingLastPathComponent().appendingPathComponent("golden.json")
            guard FileManager.default.fileExists(atPath: beside.path) else { continue }
            if let own = try read(beside)[model] { golden[model] = own }
        }
        return golden
    }

    private static func read(_ file: URL) throws -> [String: ModelGolden] {
        try JSONDecoder().decode([String: ModelGolden].self, from: Data(contentsOf: file))
    }

    /// Where the model's file is. Those that are not committed are sought in the folder that the environment variable
    /// OCELLUS_MODELS names and in `.build-models`; nil, with a line that says so, where there is none.
    public static func path(of model: String) -> String? {
        if let file = locate(model) { return file.path }
        print("skipped \(model): neither in OCELLUS_MODELS nor in .build-models (see Tests/Data/README.md)")
        return nil
    }

    private static func locate(_ model: String) -> URL? {
        let data = OperatorSuite.dataFolder
        let file = "\(model)_int8.tflite"
        var candidates = [
            data.appendingPathComponent("models/\(file)"),
            Checkout.file(".build-models/\(file)"),
        ]
        if let folder = ProcessInfo.processInfo.environment["OCELLUS_MODELS"] {
            candidates.insert(URL(fileURLWithPath: folder).appendingPathComponent(file), at: 1)
        }
        if model == "person_detect" {
            candidates.insert(Checkout.file("Examples/person-sensor/person_detect.tflite"), at: 0)
        }
        return candidates.first { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// Random input k, as `Tests/Data/make-golden.py` makes it.
    public static func input(_ k: Int, byteCount: Int) -> [UInt8] {
        MersenneTwister.int8Bytes(seed: UInt32(1000 + k), count: byteCount)
    }
}
