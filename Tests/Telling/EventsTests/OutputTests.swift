import CLinux
import Foundation
import System
import Testing

@testable import Events

/// A pipe; the reading end is read as text.
private final class Pipe {
    let reader: Int32
    let writer: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        try #require(oc_pipe(&ends) == 0)
        (reader, writer) = (ends[0], ends[1])
        oc_ignore_write_signals()
    }

    func closeReader() { _ = oc_close(reader) }

    func readAvailable() -> String {
        var text = [UInt8](repeating: 0, count: 1 << 20)
        var poll = oc_poll(fd: reader, wanted: Int16(OC_POLL_READ), happened: 0)
        guard oc_wait(&poll, 1, 0) == 1 else { return "" }
        let count = oc_read(reader, &text, text.count)
        return String(decoding: text.prefix(Int(max(0, count))), as: UTF8.self)
    }

    func output(queueBytes: Int) -> EventOutput {
        let empty = Text(start: nil, count: 0)
        return EventOutput(
            FileDescriptor(owning: writer), EventFormatter(format: .json, sensor: empty, topic: empty),
            queueBytes: queueBytes)
    }
}

private func field(_ name: String, _ lines: String) throws -> [Int] {
    try lines.split(separator: "\n").map { line in
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return try #require(object?[name] as? Int)
    }
}

private var heartbeat: Event { .heartbeat(present: 0, millihertz: 0, worst: 0) }
private let moment = Moment(wall: 0, monotonic: 0)

@Suite(.serialized) struct OutputTests {
    @Test func linesArriveInOrder() throws {
        let pipe = try Pipe()
        defer { pipe.closeReader() }
        var output = pipe.output(queueBytes: 65536)
        for _ in 0..<20 { output.emit(heartbeat, at: moment, SourceProgress()) }
        #expect(output.flush() == .written)
        #expect(output.isWaiting == false)
        #expect(try field("seq", pipe.readAvailable()) == Array(1...20))
    }

    @Test func aReaderThatSleepsLosesTheOldestAndIsTold() throws {
        let pipe = try Pipe()
        defer { pipe.closeReader() }
        var output = pipe.output(queueBytes: 8192)
        // A write that waited would wait for ever.
        for _ in 0..<2000 {
            output.emit(heartbeat, at: moment, SourceProgress())
            _ = output.flush()
        }
        #expect(output.isWaiting == true)
        #expect(output.lost > 1000)
        var text = ""
        while output.isWaiting {
            text += pipe.readAvailable()
            _ = output.flush()
        }
        output.emit(heartbeat, at: moment, SourceProgress())
        #expect(output.flush() == .written)
        text += pipe.readAvailable()
        let numbers = try field("seq", text)
        let lost = try field("lost", text)
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
        #expect(numbers.last == 2001)
        #expect(numbers.count + Int(output.lost) == 2001)
        #expect(lost.last == Int(output.lost))
    }

    @Test func aReaderThatIsGoneClosesTheOutput() throws {
        let pipe = try Pipe()
        var output = pipe.output(queueBytes: 8192)
        pipe.closeReader()
        output.emit(heartbeat, at: moment, SourceProgress())
        #expect(output.flush() == .closed)
    }

    #if DEBUG
        @Test(
            "A disk that fails is reported and the lines stay", arguments: [EIO, EDQUOT, ENOSPC, EFBIG, ENOMEM, EPERM])
        func aDiskThatFails(_ error: Int32) throws {
            defer { oc_force_no_errors() }
            let pipe = try Pipe()
            defer { pipe.closeReader() }
            var output = pipe.output(queueBytes: 8192)
            oc_force_error(OC_CALL_WRITE, 0, 2, error)
            output.emit(heartbeat, at: moment, SourceProgress())
            #expect(output.flush() == .failing(Errno(error)))
            // At the end nobody waits for it.
            #expect(output.drain(within: 5_000_000_000) == .failing(Errno(error)))
            #expect(output.flush() == .written)
            #expect(try field("seq", pipe.readAvailable()) == [1])
        }

        @Test("What a failing disk does not take is counted and told") func whatFailingLoses() throws {
            defer { oc_force_no_errors() }
            let pipe = try Pipe()
            defer { pipe.closeReader() }
            var output = pipe.output(queueBytes: 8192)
            oc_force_error(OC_CALL_WRITE, 0, 1000, EIO)
            for _ in 0..<100 {
                output.emit(heartbeat, at: moment, SourceProgress())
                #expect(output.flush() == .failing(.inputOutput))
            }
            oc_force_no_errors()
            #expect(output.flush() == .written)
            output.emit(heartbeat, at: moment, SourceProgress())
            #expect(output.flush() == .written)
            let text = pipe.readAvailable()
            let numbers = try field("seq", text)
            #expect(output.lost > 0 && numbers.count + Int(output.lost) == 101)
            #expect(numbers.first == 1, "the line that was being written is tried again")
            #expect(try field("lost", text).last == Int(output.lost))
        }

        @Test("Only a reader that is gone closes the output", arguments: [EPIPE, ECONNRESET, EBADF])
        func closes(_ error: Int32) throws {
            defer { oc_force_no_errors() }
            let pipe = try Pipe()
            defer { pipe.closeReader() }
            var output = pipe.output(queueBytes: 8192)
            oc_force_error(OC_CALL_WRITE, 0, 1, error)
            output.emit(heartbeat, at: moment, SourceProgress())
            #expect(output.flush() == .closed)
        }
    #endif

    @Test func drainWaitsForTheReaderButNotForEver() throws {
        let pipe = try Pipe()
        defer { pipe.closeReader() }
        var output = pipe.output(queueBytes: 1 << 18)
        for _ in 0..<1000 { output.emit(heartbeat, at: moment, SourceProgress()) }
        #expect(output.drain(within: 50_000_000) == .waiting)
        let reading = Flag()
        let thread = try System.Thread {
            while !reading.isDone { _ = pipe.readAvailable() }
        }
        #expect(output.drain(within: 600_000_000_000) == .written)
        reading.isDone = true
        thread.join()
    }
}

extension Pipe: @unchecked Sendable {}

private final class Flag: @unchecked Sendable {
    private let lock = NSLock()
    private var done = false
    var isDone: Bool {
        get { lock.withLock { done } }
        set { lock.withLock { done = newValue } }
    }
}
