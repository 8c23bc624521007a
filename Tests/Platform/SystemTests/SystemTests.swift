import CLinux
import Foundation
import Synchronization
import Testing

@testable import System

@Suite(.serialized) struct SystemTests {
    @Test func missingFileSaysSo() {
        #expect(throws: Errno.noEntry) { _ = try MappedFile(path: "/nonexistent/file") }
        #expect(Errno.noEntry.description == "No such file or directory")
        #expect(throws: Errno.isFolder) { _ = try MappedFile(path: "/") }
    }

    @Test func mapsWhatWasWritten() throws {
        let path = NSTemporaryDirectory() + "ocellus-system-\(UUID().uuidString)"
        defer { _ = oc_unlink(path) }
        do {
            let file = try FileDescriptor(writing: path)
            let text: StaticString = "twelve bytes"
            try file.writeFully(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        }
        let map = try MappedFile(path: path)
        #expect(map.bytes.elementsEqual("twelve bytes".utf8))
        #expect(try FileDescriptor.Status(of: Path(path.utf8)).bytes == 12)
    }

    #if DEBUG
        @Test func forcedErrorsArrive() throws {
            defer { oc_force_no_errors() }
            let file = try FileDescriptor(reading: "/proc/self/stat")
            oc_force_error(OC_CALL_READ, 1, 1, Int32(OC_EIO))
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 1)
            defer { buffer.deallocate() }
            #expect(try file.read(into: buffer) == 4)
            #expect(throws: Errno.inputOutput) { _ = try file.read(into: buffer) }
            #expect(try file.read(into: buffer) == 4)
        }

        @Test func forcedErrorsMeetTheirOwnThreadsAlone() throws {
            defer { oc_force_no_errors() }
            let file = try FileDescriptor(reading: "/proc/self/stat")
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 1)
            defer { buffer.deallocate() }
            // Another test's, which runs beside this one.
            let other = Foundation.Thread { oc_force_error(OC_CALL_READ, 0, 1000, Int32(OC_EIO)) }
            other.start()
            while !other.isFinished { usleep(1000) }
            #expect(try file.read(into: buffer) == 4)
            // What this one starts is part of it.
            oc_force_error(OC_CALL_EVENT, 0, 1, Int32(OC_EIO))
            let seen = Shared()
            try Thread { seen.value.store(Int(oc_event_open()), ordering: .relaxed) }.join()
            #expect(seen.value.load(ordering: .relaxed) == -Int(OC_EIO))
        }
    #endif

    @Test func memoryThatIsLeftIsTheKernelsEstimate() throws {
        let text = "MemTotal:  4000 kB\nMemFree:    10 kB\nMemAvailable:    2048 kB\nBuffers: 1 kB\n"
        func available(_ text: String) -> Int64? { Array(text.utf8).withUnsafeBytes { Memory.available($0) } }
        #expect(available(text) == 2_097_152)
        #expect(available("MemAvailable: 0 kB") == 0)
        #expect(available("MemTotal: 4000 kB\n") == nil && available("") == nil)
        #expect(available("MemAvailable: 99999999999999999999 kB\n") == nil)
        // Kernels since 3.14 say so.
        #expect(try #require(Memory.available) > 0)
    }

    @Test func threadRunsAndIsJoined() throws {
        let sum = Shared()
        let thread = try Thread { for _ in 0..<1000 { sum.value.add(1, ordering: .relaxed) } }
        thread.join()
        #expect(sum.value.load(ordering: .relaxed) == 1000)
    }

    @Test func whatAPlacedThreadStartsIsNotBound() throws {
        let cpu = try #require((0..<1024).first { oc_cpu_allowed($0) != 0 })
        #expect(oc_cpu_allowed(-1) == 0 && oc_cpu_allowed(1 << 20) == 0)
        let counts = Counts()
        let thread = try Thread {
            do throws(Errno) { try Thread.place(Thread.current, on: [UInt16(cpu)]) } catch { return }
            counts.own.store(affinity(), ordering: .relaxed)
            // It waits for the new thread's CPUs, which are set once it runs.
            let other = oc_event_open()
            defer { _ = oc_close(other) }
            do throws(Errno) {
                let inner = try Thread {
                    var poll = oc_poll(fd: other, wanted: Int16(OC_POLL_READ), happened: 0)
                    _ = oc_wait(&poll, 1, -1)
                    counts.inner.store(affinity(), ordering: .relaxed)
                }
                _ = oc_event_post(other)
                inner.join()
                try Thread.place(Thread.current, on: [])
            } catch { return }
            counts.freed.store(affinity(), ordering: .relaxed)
        }
        thread.join()
        #expect(counts.own.load(ordering: .relaxed) == 1)
        #expect(counts.inner.load(ordering: .relaxed) == Thread.processors)
        #expect(counts.freed.load(ordering: .relaxed) == Thread.processors)
    }

    @Test func waitEndsAtItsTime() {
        let start = Clock.monotonic
        #expect(oc_wait(nil, 0, 20) == 0)
        #expect(Clock.monotonic - start >= 19_000_000)
    }

    @Test func eventCountsPosts() {
        let fd = oc_event_open()
        defer { _ = oc_close(fd) }
        #expect(oc_event_take(fd) == -Int32(OC_EAGAIN))
        #expect(oc_event_post(fd) == 0)
        #expect(oc_event_post(fd) == 0)
        #expect(oc_event_take(fd) == 2)
    }

    @Test func decimalsOnly() {
        var value = 0.0
        #expect(oc_parse_double("12.5x", 5, &value) == 4 && value == 12.5)
        #expect(oc_parse_double("-29.97", 6, &value) == 6 && value == -29.97)
        #expect(oc_parse_double(".5e-2 ", 6, &value) == 5 && value == 0.005)
        #expect(oc_parse_double("5.e+", 4, &value) == 2 && value == 5)
        #expect(oc_parse_double("0.0000000000000000000012", 24, &value) == 24 && value == 1.2e-21)
        #expect(oc_parse_double("120000000000000000000000", 24, &value) == 24 && value == 1.2e23)
        #expect(oc_parse_double("1e-999", 6, &value) == 6 && value == 0)
        #expect(oc_parse_double("-.", 2, &value) == 0)
        #expect(oc_parse_double("0x10", 4, &value) == 1 && value == 0)
        #expect(oc_parse_double("inf", 3, &value) == 0)
        #expect(oc_parse_double("1e999", 5, &value) == 0)
        #expect(oc_parse_double("", 0, &value) == 0)
    }
}

private final class Shared: Sendable {
    let value = Atomic<Int>(0)
}

private final class Counts: Sendable {
    let own = Atomic<Int>(0)
    let inner = Atomic<Int>(0)
    let freed = Atomic<Int>(0)
}

/// The number of CPUs that the calling thread may run on.
private func affinity() -> Int {
    let status = (try? String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)) ?? ""
    let mask = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed:") }?.dropFirst(13) ?? ""
    return mask.compactMap(\.hexDigitValue).reduce(0) { $0 + $1.nonzeroBitCount }
}
