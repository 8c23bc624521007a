import Foundation
import TestSupport

/// The built `ocellus`, run as a user runs it.
struct Command {
    let code: Int32
    let output: [UInt8]
    let errors: String

    var text: String { String(decoding: output, as: UTF8.self) }

    /// The program lies beside the tests' own.
    static let program: URL = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("ocellus")
    }()

    /// Runs `ocellus` with arguments in a folder of the test's own.
    init(
        _ arguments: String..., input: [UInt8]? = nil, environment: [String: String] = [:], in folder: Folder
    ) throws {
        try self.init(arguments, input: input, environment: environment, in: folder)
    }

    init(
        _ arguments: [String], input: [UInt8]? = nil, environment: [String: String] = [:], in folder: Folder
    ) throws {
        let process = Process()
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.executableURL = Self.program
        process.arguments = arguments
        process.currentDirectoryURL = folder.url
        // Files and no pipes: neither side can block the other.
        let names = ["stdin", "stdout", "stderr"].map { folder.url.appendingPathComponent(".\($0)") }
        try Data(input ?? []).write(to: names[0])
        process.standardInput = try FileHandle(forReadingFrom: names[0])
        for (name, set) in [(names[1], true), (names[2], false)] {
            try Data().write(to: name)
            let handle = try FileHandle(forWritingTo: name)
            if set { process.standardOutput = handle } else { process.standardError = handle }
        }
        try process.run()
        process.waitUntilExit()
        // A trap counts as what it is, not as an exit code.
        code = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
        output = [UInt8](try Data(contentsOf: names[1]))
        errors = String(decoding: try Data(contentsOf: names[2]), as: UTF8.self)
    }

    /// The fields of a JSON object on stdout.
    var fields: [String: Any] {
        get throws {
            guard let fields = try JSONSerialization.jsonObject(with: Data(output)) as? [String: Any] else {
                throw CocoaError(.propertyListReadCorrupt)
            }
            return fields
        }
    }
}

/// A folder that goes with its owner.
final class Folder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("ocellus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    func write(_ bytes: [UInt8], to name: String) throws { try Data(bytes).write(to: url.appendingPathComponent(name)) }

    func read(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: url.appendingPathComponent(name))) }

    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: url.path).filter { !$0.hasPrefix(".std") }.sorted()
    }
}

/// Files of the checkout.
enum Sample {
    static let sensor = Checkout.file("Examples/person-sensor/sensor.yaml").path
    static let personDetect = Checkout.file("Examples/person-sensor/person_detect.tflite").path
    static let photo = Checkout.file("Examples/person-sensor/source/camera.png").path
}
