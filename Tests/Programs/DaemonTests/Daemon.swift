import Boards
import CLinux
import Compiler
import Foundation
import Graph
import Importers
import TestSupport
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

    /// - Parameter comesAgain: whether the daemon waits for another writer when one has gone; else it takes the FIFO as a
    ///   pipe that somebody passed to it, which ends with its writer.
    func fifo(_ name: String, comesAgain: Bool = false) throws -> String {
        try #require(oc_make_fifo(path + "/" + name) == 0)
        return (comesAgain ? "" : "/proc/self/root") + path + "/" + name
    }

    static let clip = example + "/clip.y4m"

    /// The example's sensor, compiled for this machine.
    static let person = compile { $0 }

    /// The example's sensor with another text, maybe with another model or for a board that pins a thread to each of some CPUs.
    static func compile(_ other: Graph? = nil, pin: [Int] = [], _ change: (String) -> String) -> [UInt8] {
        do {
            let path = example + "/sensor.yaml"
            let sensor = try SensorFile(yaml: change(try String(contentsOfFile: path, encoding: .utf8)), path: path)
            var options = Compiler.Options(board: try BoardProfile.find("host"))
            options.sensor = sensor
            if !pin.isEmpty { (options.board.threads, options.board.pin) = (pin.count, pin) }
            let model = [UInt8](try Data(contentsOf: URL(fileURLWithPath: sensor.model)))
            let graph = try other ?? TFLiteImporter.read(model, name: "person_detect.tflite")
            return try Compiler(options).compile(graph, origin: "person_detect.tflite", originBytes: model).bundle
        } catch {
            fatalError("the example does not build: \(error)")
        }
    }

    private static let example = Checkout.file("Examples/person-sensor").path
}

/// A running `ocellusd`.
final class Daemon {
    let process = Process()
    private let output = Pipe()
    private let errors = Pipe()
    private let log = Log()
    private var collected = Data()
    private let ended = DispatchSemaphore(value: 0)

    /// The longest that a daemon of a test lives, in seconds: ten times what the longest test takes on a busy machine.
    private static let life = 900.0

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
        let (log, errors) = (log, errors.fileHandleForReading)
        Thread.detachNewThread { log.fill(errors) }
        try process.run()
        // What waits for a word that never comes would wait for ever. A test's own time limit would count the time in which
        // the test waits for a processor that others have.
        let (id, ended) = (process.processIdentifier, ended)
        Thread.detachNewThread { if ended.wait(timeout: .now() + Daemon.life) == .timedOut { kill(id, SIGKILL) } }
    }

    /// A test that gave up leaves none behind.
    deinit {
        ended.signal()
        if process.isRunning { signal(SIGKILL) }
    }

    /// What comes on standard error.
    private final class Log: @unchecked Sendable {
        private let changed = NSCondition()
        private var data = Data()
        private var isWhole = false

        func fill(_ handle: FileHandle) {
            while true {
                let part = handle.availableData
                changed.withLock {
                    data += part
                    isWhole = part.isEmpty
                    changed.broadcast()
                }
                if part.isEmpty { return }
            }
        }

        func wait(for condition: (_ text: String, _ isWhole: Bool) throws -> Bool) rethrows -> String {
            try changed.withLock {
                while true {
                    let text = String(decoding: data, as: UTF8.self)
                    if try condition(text, isWhole) { return text }
                    changed.wait()
                }
            }
        }
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
        let log = log.wait { $1 }
        process.waitUntilExit()
        let text = String(decoding: collected, as: UTF8.self)
        return End(
            code: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            output: text, errors: log,
            events: try text.split(separator: "\n").map { line in
                try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            })
    }

    /// Reads until a line holds `text`.
    func wait(for text: String) throws {
        while !String(decoding: collected, as: UTF8.self).contains(text) { try read(text) }
    }

    /// Reads until so many frames have been inferred since the start, or so many more than by now.
    func wait(frames: Int) throws { while events.last?.int("frames") ?? 0 < frames { try read("\(frames) frames") } }
    func wait(moreFrames: Int) throws { try wait(frames: (events.last?.int("frames") ?? 0) + moreFrames) }

    /// Reads until a state has been told so often.
    func wait(for state: String, times: Int) throws {
        while events.count(where: { $0.string("state") == state }) < times { try read(state) }
    }

    /// Reads until an event has been told so often.
    func wait(forEvent event: String, times: Int) throws {
        while events.count(where: { $0.string("event") == event }) < times { try read(event) }
    }

    private func read(_ wanted: String) throws {
        let part = output.fileHandleForReading.availableData
        try #require(!part.isEmpty, "the daemon ended before it said \(wanted)")
        collected += part
    }

    /// Waits until standard error holds `text`.
    func wait(forLog text: String) throws {
        _ = try log.wait { all, isWhole in
            if !all.contains(text) { try #require(!isWhole, "the daemon ended before it said \(text): \(all)") }
            return all.contains(text)
        }
    }

    /// Lines of events so far, `wait` having read them.
    var events: [[String: Any]] {
        String(decoding: collected, as: UTF8.self).split(separator: "\n").compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    /// Bytes of events that nobody has read yet.
    var waitingBytes: Int {
        var count: Int32 = 0
        return ioctl(output.fileHandleForReading.fileDescriptor, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
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
