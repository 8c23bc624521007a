import Boards
import CLinux
import Compiler
import Foundation
import Importers
import Testing

/// A folder that goes with the test, and the person sensor's bundle in it.
final class Workplace: Sendable {
    let path = NSTemporaryDirectory() + "ocellusd-\(UUID().uuidString)"
    var bundle: String { path + "/person.ocellus" }

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try file("person.ocellus", Workplace.person)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Written beside and renamed, as whoever replaces a mapped file must.
    @discardableResult
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name), options: .atomic)
        return path + "/" + name
    }

    func fifo(_ name: String) throws -> String {
        try #require(oc_make_fifo(path + "/" + name) == 0)
        return path + "/" + name
    }

    static let clip = example + "/clip.y4m"

    /// The example's sensor, compiled for this machine.
    static let person = compile { $0 }

    /// The example's sensor with another text, maybe for a board that pins a thread to each of some CPUs.
    static func compile(pin: [Int] = [], _ change: (String) -> String) -> [UInt8] {
        do {
            let path = example + "/sensor.yaml"
            let sensor = try SensorFile(yaml: change(try String(contentsOfFile: path, encoding: .utf8)), path: path)
            var options = Compiler.Options(board: try BoardProfile.find("host"))
            options.sensor = sensor
            if !pin.isEmpty { (options.board.threads, options.board.pin) = (pin.count, pin) }
            let model = [UInt8](try Data(contentsOf: URL(fileURLWithPath: sensor.model)))
            let graph = try TFLiteImporter.read(model, name: "person_detect.tflite")
            return try Compiler(options).compile(graph, origin: "person_detect.tflite", originBytes: model).bundle
        } catch {
            fatalError("the example does not build: \(error)")
        }
    }

    private static let example =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Examples/person-sensor").path
}

/// A running `ocellusd`.
final class Daemon {
    let process = Process()
    private let output = Pipe()
    private let errors = Pipe()
    private var collected = Data()

    /// The daemon is built beside the tests.
    static let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("ocellusd")

    /// - Parameters:
    ///   - input: what standard input is; nothing by default.
    ///   - isRead: false: nobody takes the events before `finish`.
    ///   - program: another one that runs it, such as an emulator.
    init(
        _ arguments: [String], input: Any = FileHandle.nullDevice, environment: [String: String] = [:],
        program: String? = nil
    ) throws {
        process.executableURL = program.map { URL(fileURLWithPath: $0) } ?? Daemon.program
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        try process.run()
    }

    struct End {
        let code: Int32
        let output: String
        let errors: String
        let events: [[String: Any]]
    }

    /// Reads to the end.
    func finish() throws -> End {
        collected += output.fileHandleForReading.readDataToEndOfFile()
        let log = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: collected, as: UTF8.self)
        return End(
            code: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            output: text, errors: String(decoding: log, as: UTF8.self),
            events: try text.split(separator: "\n").map { line in
                try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            })
    }

    /// Reads until a line holds `text`.
    func wait(for text: String) throws {
        while !String(decoding: collected, as: UTF8.self).contains(text) {
            let part = output.fileHandleForReading.availableData
            try #require(!part.isEmpty, "the daemon ended before it said \(text)")
            collected += part
        }
    }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    func closeOutput() { try? output.fileHandleForReading.close() }

    static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> End {
        try Daemon(arguments, environment: environment).finish()
    }
}

extension [String: Any] {
    func string(_ key: String) -> String { self[key] as? String ?? "" }
    func int(_ key: String) -> Int { self[key] as? Int ?? -1 }
}
