import CLinux
import LinkSettings
import System
import Testing

@testable import Link

/// A queue's file in a folder of its own, gone with its owner.
final class QueueFolder {
    let path: Path

    init() {
        let folder = oc_environment("TMPDIR").map { Path(cString: $0) } ?? Path("/tmp".utf8)
        var name = Bytes("ocellus-queue-")
        name.add(Clock.monotonic)
        name.add("-")
        name.add(Int64.random(in: 0...Int64.max))
        path = folder.appending(name)
    }

    deinit { _ = path.withCString { oc_unlink($0) } }

    /// A process that another test starts has a copy of the lock until it runs its program: a file that was let go may be
    /// taken for a moment.
    /// - Parameter bytes: the smallest that there is, unless it is given.
    func open(_ bytes: Int64 = Settings.least) throws -> Backlog { try Backlog(found(bytes)) }

    func found(_ bytes: Int64) throws -> QueueFile.Found {
        let end = Clock.monotonic + 60_000_000_000
        while true {
            do throws(QueueFile.Failure) { return try QueueFile.open(path, bytes: bytes) } catch {
                guard error == .isTaken, Clock.monotonic < end else { throw error }
            }
            _ = oc_wait(nil, 0, 5)
        }
    }

    var contents: Bytes {
        get throws {
            let file = try FileDescriptor(reading: path)
            let size = Int(try file.status().bytes)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 1)
            defer { buffer.deallocate() }
            return Bytes(buffer[..<(try file.readFully(into: buffer))])
        }
    }

    func write(_ bytes: Bytes) throws {
        let file = try FileDescriptor(writing: path)
        try bytes.withUnsafeBytes { try file.writeFully($0) }
    }
}

/// An event of the sensor's first start.
func record(_ number: Int64, bytes: Int = 100) -> Record {
    var payload = Bytes("{\"n\":")
    payload.add(number)
    payload.add(",\"x\":\"")
    payload.append(contentsOf: [UInt8](repeating: UInt8(ascii: "x"), count: bytes))
    payload.add("\"}")
    return Record(topic: Bytes("a/b"), payload: payload, position: SensorPosition(boot: 7, sequence: number))
}

/// All that waits, taken and acknowledged.
func drain(_ backlog: inout Backlog) -> [Record] {
    var all: [Record] = []
    while let (waiting, record) = backlog.send() {
        all.append(record)
        backlog.acknowledge(waiting.sequence)
    }
    return all
}

/// A line as the sensor says it.
func line(_ text: String) throws -> SensorLine {
    try text.bytes.withUnsafeBytes { try SensorLine($0) }
}

/// What a sensor is that says these lines after a `hello`.
func state(_ lines: [String], hello: String = "") throws -> SensorState {
    var state = SensorState()
    let presents = lines.filter { $0.contains("\"present\"") }.count
    let text =
        "{\"event\":\"hello\",\"boot\":\"0000000000000007\",\"seq\":5,\"sensor\":\"door\",\"topic\":\"a/door\""
        + ",\"state\":\"ready\",\"detail\":\"\",\"version\":\"ocellusd 1\",\"rules\":\(lines.count - presents)"
        + ",\"present\":\(presents)\(hello)}"
    #expect(state.begin(try line(text), now: 1000))
    for text in lines {
        let line = try line(text)
        if text.contains("\"present\"") {
            state.add(present: line, now: 10_000_000_000)
        } else {
            state.add(rule: line, now: 0)
        }
    }
    return state
}
