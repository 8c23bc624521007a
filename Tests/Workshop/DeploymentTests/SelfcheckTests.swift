import Deployment
import Foundation
import Testing

/// Which selfcheck goes to the board, and whether it must pass there.
@Suite struct SelfcheckTests {
    private func deployment(_ program: String?, _ selfcheck: String?, checks: Bool = true) throws -> Deployment {
        try Deployment(
            name: "yard", prefix: "/opt", bundle: "b", program: program, selfcheck: selfcheck, checks: checks,
            arguments: "--loop", start: .wait, source: .init(isCommand: false, isLive: false), release: "r")
    }

    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path)
    }

    @Test("The one beside the program is taken, unless another is given or none wanted")
    func beside() throws {
        try inFolder { folder in
            let program = "\(folder)/daemon"
            let error = #expect(throws: DeploymentError.self) { _ = try deployment(program, nil) }
            let message = try #require(error).message
            #expect(message.hasPrefix("\(folder)/selfcheck: ") && message.contains("--product selfcheck"))
            #expect(message.contains("--no-selfcheck"))
            #expect(try deployment(program, nil, checks: false).selfcheck == nil)
            #expect(try deployment(program, "other").selfcheck == "other")
            try Data().write(to: URL(fileURLWithPath: "\(folder)/ocellus-selfcheck"))
            #expect(try deployment(program, nil).selfcheck == "\(folder)/ocellus-selfcheck")
            try Data().write(to: URL(fileURLWithPath: "\(folder)/selfcheck"))
            #expect(try deployment(program, nil).selfcheck == "\(folder)/selfcheck")
            #expect(try deployment(program, nil, checks: false).selfcheck == nil)
            #expect(try deployment(program, "other").selfcheck == "other")
        }
    }

    @Test("The board is told whether it must have one and whether it must pass")
    func onTheBoard() throws {
        let home = ".cache/ocellus/yard /opt/yard"
        for (selfcheck, checks, prepare, check) in [
            (nil, true, "no yes", "yes"), ("other", true, "no no", "yes"), (nil, false, "no no", "no"),
        ] as [(String?, Bool, String, String)] {
            let steps = try deployment(nil, selfcheck, checks: checks).steps
            let commands = steps.map(\.command)
            #expect(commands.first == "sh -s -- \(home) \(prepare) no")
            #expect(commands.dropLast().last == "sh -s -- .cache/ocellus/yard \(check) '' --loop")
            #expect(commands.contains("cat >.cache/ocellus/yard/selfcheck") == (selfcheck != nil))
        }
    }
}
