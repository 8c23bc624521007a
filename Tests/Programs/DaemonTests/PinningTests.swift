import Foundation
import Testing

/// Threads run on the CPUs that the bundle names, and nothing else of the daemon does.
@Suite struct PinningTests {
    /// The CPUs that this process may run on, as Linux lists them, and two of them where there are as many.
    private let all: String
    private let some: [Int]

    init() throws {
        all = try Self.cpus(of: "/proc/self/status")
        some = Array(try Self.numbers(all).prefix(2))
    }

    private static func cpus(of file: String) throws -> String {
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("Cpus_allowed_list:") })
        return line.dropFirst(18).trimmingCharacters(in: .whitespaces)
    }

    /// "0-2,5" as 0, 1, 2, 5.
    private static func numbers(_ list: String) throws -> [Int] {
        try list.split(separator: ",").flatMap { range in
            let ends = try range.split(separator: "-").map { try #require(Int($0)) }
            return Array(ends[0]...(ends.last ?? ends[0]))
        }
    }

    /// The main thread's CPUs, and all threads', sorted.
    private func threads(_ daemon: Daemon) throws -> (main: String, all: [String]) {
        let pid = daemon.process.processIdentifier
        let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")
        let lists = try tasks.map { try Self.cpus(of: "/proc/\(pid)/task/\($0)/status") }
        return (try Self.cpus(of: "/proc/\(pid)/task/\(pid)/status"), lists.sorted())
    }

    /// Whether the threads are these soon: one may just come or go.
    private func become(_ wanted: [String], _ daemon: Daemon) -> Bool {
        for _ in 0..<30_000 {
            if let now = try? threads(daemon), now.all == wanted.sorted() { return true }
            usleep(20_000)
        }
        return false
    }

    private func start(_ place: Workplace, _ more: String...) throws -> Daemon {
        let daemon = try Daemon([place.bundle, "--source", "grey:96x96:" + place.fifo("fifo")] + more)
        try daemon.wait(for: #""state":"started""#)
        return daemon
    }

    private func end(_ daemon: Daemon) throws -> Daemon.End {
        daemon.signal(SIGTERM)
        return try daemon.finish()
    }

    @Test("A thread on each CPU, the source's reader on any")
    func eachItsOwn() throws {
        let place = try Workplace()
        try place.file("person.ocellus", Workplace.compile(pin: some) { $0 })
        let daemon = try start(place)
        #expect(become(some.map { "\($0)" } + [all], daemon))
        #expect(try threads(daemon).main == "\(some[0])")
        let end = try end(daemon)
        #expect(end.events[0].string("detail").contains("threads \(some.count) on CPU \(some[0])"))
        #expect(end.errors.isEmpty)
    }

    @Test("Fewer threads share the CPUs")
    func shared() throws {
        let place = try Workplace()
        try place.file("person.ocellus", Workplace.compile(pin: some) { $0 })
        let daemon = try start(place, "--threads", "1")
        #expect(try Self.numbers(threads(daemon).main) == some)
        #expect(try end(daemon).events[0].string("detail").contains("threads 1 on CPU \(some[0])"))
    }

    @Test("A reload pins anew")
    func reload() throws {
        let place = try Workplace()
        try place.file("person.ocellus", Workplace.compile(pin: [some[0]]) { $0 })
        let daemon = try start(place)
        #expect(become(["\(some[0])", all], daemon))
        try place.file("person.ocellus", Workplace.person)
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"reloaded""#)
        #expect(become([all, all], daemon))
        try place.file("person.ocellus", Workplace.compile(pin: some.reversed()) { $0 })
        daemon.signal(SIGHUP)
        try daemon.wait(for: "on CPU \(some.reversed()[0])")
        #expect(become(some.map { "\($0)" } + [all], daemon))
        #expect(try end(daemon).code == 0)
    }

    @Test("Where a CPU is missing nothing is pinned, which is said once and changes no event")
    func missing() throws {
        let place = try Workplace()
        let free = try Daemon.run([place.bundle, "--source", Workplace.clip])
        try place.file("person.ocellus", Workplace.compile(pin: [some[0], 1023]) { $0 })
        let pinned = try Daemon.run([place.bundle, "--source", Workplace.clip])
        #expect(pinned.output == free.output)
        let reason = "not pinned: this machine lacks CPU 1023, or keeps it from this process"
        #expect(pinned.errors == "ocellusd: the threads run wherever Linux puts them, \(reason)\n")
        let daemon = try start(place)
        #expect(become([all, all, all], daemon))
        #expect(try end(daemon).events[0].string("detail").hasSuffix("threads 2, \(reason)"))
    }

    @Test("What the process was started on holds")
    func taskset() throws {
        let place = try Workplace()
        let last = try #require(some.last)
        try place.file("person.ocellus", Workplace.compile(pin: some) { $0 })
        let arguments = ["-c", "\(last)", Daemon.program.path, place.bundle, "--check"]
        let end = try Daemon(arguments, program: "/usr/bin/taskset").finish()
        let lacks = some.count > 1 ? "threads 2, not pinned: this machine lacks CPU \(some[0])" : "threads 1 on CPU"
        #expect(end.code == 0 && end.errors.contains(lacks), "\(end.errors)")
    }

    @Test("Measurements say where they ran")
    func bench() throws {
        let place = try Workplace()
        try place.file("person.ocellus", Workplace.compile(pin: some) { $0 })
        let json = try Daemon([place.bundle, "--bench", "3", "--json"]).outputData()
        let report = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect(report["cpus"] as? [Int] == some)
        #expect(report["coldStart"] != nil)
        let text = String(decoding: try Daemon([place.bundle, "--bench", "1"]).outputData(), as: UTF8.self)
        #expect(text.contains(" on CPU \(some[0])"))
    }
}
