import Deployment
import Foundation
import Testing

/// What the service may do, and when it is started again.
@Suite struct ServiceTests {
    private func service(
        isCommand: Bool, isLive: Bool, network: Deployment.Network? = nil, link: [String]? = nil
    ) throws -> (unit: String, script: String, fetcher: String, link: String) {
        let deployment = try Deployment(
            name: "yard", prefix: "/opt", bundle: "b", program: nil, selfcheck: nil, checks: false,
            arguments: "--source 'a b'", start: .wait,
            source: .init(isCommand: isCommand, isLive: isLive, network: network),
            link: link.map { .init(arguments: $0, program: nil) }, release: "r")
        func text(_ file: String) -> String {
            for step in deployment.steps where step.command.hasSuffix("/" + file) {
                if case .text(let text) = step.input { return text }
            }
            return ""
        }
        return (text("service.systemd"), text("service.init"), text("fetch.systemd"), text("link.systemd"))
    }

    private let camera = Deployment.Network(
        address: "rtsp://10.0.0.2/a%20b$1", host: "10.0.0.2", options: ["--fps", "5"])

    @Test("A network camera has a unit of its own, and the sensor still no network")
    func network() throws {
        let (unit, script, fetcher, _) = try service(isCommand: false, isLive: true, network: camera)
        #expect(unit.contains("\nWants=ocellus-fetch-yard.service\n") && unit.contains("\nPrivateNetwork=yes\n"))
        #expect(
            unit.contains(
                "\nEnvironment=\"OCELLUS_FETCHED=rtsp://10.0.0.2/a%%20b$1 %t/ocellus-fetch-yard/frames\"\n"))
        #expect(
            fetcher.contains(
                "\nExecStart=/opt/yard/current/ocellus-fetch \"--fps\" \"5\" \"rtsp://10.0.0.2/a%%20b$$1\" "
                    + "%t/ocellus-fetch-yard/frames\n"))
        #expect(script.contains(" --fps 5 'rtsp://10.0.0.2/a%20b$1' \"$run/$service.frames\" </dev/null &\n"))
        #expect(script.contains("export OCELLUS_FETCHED='rtsp://10.0.0.2/a%20b$1'\" $run/$service.frames\"\n"))
        let plain = try service(isCommand: false, isLive: true)
        #expect(plain.fetcher.isEmpty && !(plain.unit + plain.script).contains("fetch"))
    }

    @Test("The way to a broker has a unit of its own, with the network and without devices")
    func link() throws {
        let (unit, script, _, link) = try service(
            isCommand: false, isLive: true, link: ["--broker", "mqtt://a", "--user", "100% $x"])
        #expect(unit.contains("\nWants=ocellus-link-yard.service\n") && unit.contains("\nPrivateNetwork=yes\n"))
        #expect(unit.contains(" --socket %t/ocellus-yard/events\n") && unit.contains("\nGroup=ocellus\n"))
        #expect(
            link.contains(
                "\nExecStart=/opt/yard/current/ocellus-link \"--broker\" \"mqtt://a\" \"--user\" \"100%% $$x\" "
                    + "--sensor %t/ocellus-yard/events --queue %S/ocellus-link-yard/queue\n"))
        #expect(link.contains("\nPrivateDevices=yes\n") && link.contains("\nSupplementaryGroups=ocellus\n"))
        #expect(
            script.contains(
                "ocellus-link --broker mqtt://a --user '100% $x' --sensor \"$socket\" --queue \"$queue/queue\" <"))
        #expect(script.contains("--state \"$state_file\" --socket \"$socket\" </dev/null &\n"))
        let memory = try service(isCommand: false, isLive: true, link: ["--broker", "a", "--memory-queue", "1M"])
        #expect(!memory.link.contains("--queue ") && !memory.script.contains("--queue "))
        #expect(!memory.link.contains("@QUEUE") && !memory.script.contains("@QUEUE"))
        let plain = try service(isCommand: false, isLive: true)
        #expect(plain.link.isEmpty && !plain.script.contains("keep_link") && !plain.unit.contains("--socket"))
        #expect(!plain.script.contains("@LINK") && !plain.unit.contains("LINK@"))
    }

    @Test("A camera behind libcamera gets its devices and udev's socket, and nothing of the network")
    func command() throws {
        let unit = try service(isCommand: true, isLive: true).unit
        for line in [
            "DevicePolicy=closed", "DeviceAllow=char-video4linux rw", "DeviceAllow=char-media rw",
            "DeviceAllow=char-dma_heap rw", "DeviceAllow=/dev/udmabuf rw",
            "RestrictAddressFamilies=AF_UNIX AF_NETLINK", "IPAddressDeny=any",
        ] { #expect(unit.contains("\n\(line)\n"), "\(line)") }
        #expect(!unit.contains("AF_INET") && !unit.contains("PrivateNetwork"))
    }

    @Test("Without a command there is no such device, and no network at all")
    func plain() throws {
        let unit = try service(isCommand: false, isLive: true).unit
        #expect(unit.contains("\nRestrictAddressFamilies=AF_UNIX\n") && unit.contains("\nPrivateNetwork=yes\n"))
        for word in ["AF_INET", "NETLINK", "media", "dma_heap", "udmabuf"] { #expect(!unit.contains(word), "\(word)") }
    }

    @Test("What has no end is never left dead", arguments: [true, false])
    func restart(isLive: Bool) throws {
        let (unit, script, _, _) = try service(isCommand: false, isLive: isLive)
        #expect(unit.contains("\nRestart=\(isLive ? "always" : "on-failure")\n"))
        #expect(script.contains("0) break ;;") != isLive)
        #expect(unit.contains("--state %t/ocellus-yard/state"))
        // No mark of the template is left.
        #expect(!unit.contains("@LIVE") && !unit.contains("@FILES") && !unit.contains("-COMMAND@"))
        #expect(!script.contains("@FILES") && !script.contains("@COMMAND"))
    }

    @Test("The units are sound, and expose little")
    func security() throws {
        guard FileManager.default.fileExists(atPath: "/usr/bin/systemd-analyze") else { return }
        let units = [
            try service(isCommand: true, isLive: true).unit, try service(isCommand: false, isLive: true).unit,
            try service(isCommand: false, isLive: true, network: camera).unit,
            try service(isCommand: false, isLive: true, network: camera).fetcher,
            try service(isCommand: false, isLive: true, link: ["--broker", "mqtt://a"]).unit,
            try service(isCommand: false, isLive: true, link: ["--broker", "mqtt://a"]).link,
        ]
        for unit in units {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let file = folder.appendingPathComponent("ocellus-yard.service").path
            // The program must be there.
            let unit = unit.replacing("@GROUPS@", with: "video").replacing("@ADDRESSES@", with: "10.0.0.2 ::1")
                .replacing("@CREDENTIALS@", with: "LoadCredential=camera:/etc/ocellus/yard.credentials")
                .replacing("ExecStart=/opt/yard/current/ocellusd", with: "ExecStart=/bin/true")
                .replacing("ExecStart=/opt/yard/current/ocellus-fetch", with: "ExecStart=/bin/true")
                .replacing("ExecStart=/opt/yard/current/ocellus-link", with: "ExecStart=/bin/true")
            try unit.write(toFile: file, atomically: true, encoding: .utf8)
            let said = try analyze(["security", "--offline=true", "--no-pager", file])
            let level = try #require(
                said.split(separator: "\n").last { $0.contains("Overall exposure level") }?
                    .split(separator: " ").compactMap { Double($0) }.first)
            #expect(level <= 2.0, "\(said)")
            let verified = try analyze(["verify", file])
            #expect(!verified.contains("ocellus-yard.service"), "\(verified)")
        }
    }

    private func analyze(_ arguments: [String]) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/systemd-analyze")
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self)
    }
}
