import Deployment
import Foundation
import Testing

/// Words that survive shells and units, held against a real shell.
@Suite struct ShellTextTests {
    private static let odd = [
        "plain-word.txt", "", " ", "it's", "a \"b\" 'c'", "$HOME `id` \\n", "tab\there", "line\nbreak", "-x", "*", "~",
        "a'\u{301}b", "'\u{200d}'", "100%", "!", "#x", "ä ö", ";&|<>(){}[]",
    ]

    private func shell(_ line: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "set -- \(line)\n" + #"for word; do printf '%s\0' "$word"; done"#]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return data.split(separator: 0, omittingEmptySubsequences: false).dropLast()
            .map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("A shell gives quoted words back")
    func quoting() throws {
        #expect(try shell(ShellText.quoted(Self.odd)) == Self.odd)
        #expect(ShellText.words(of: ShellText.quoted(Self.odd)) == Self.odd)
    }

    @Test("Words are split as a shell splits them")
    func splitting() throws {
        for line in [
            "a b  c", " lead trail ", #"a"b c"d"#, #"'a'\''b'"#, #"a\ b"#, #""x\"y\\z\q""#, "''", #"a"" b"#, "a\tb",
        ] {
            #expect(try ShellText.words(of: line) == shell(line), "\(line)")
        }
        for line in ["'", "\"", "a \"b", "a\\", #""\""#] { #expect(ShellText.words(of: line) == nil, "\(line)") }
    }

    @Test("A unit's words hide what systemd would expand")
    func units() {
        #expect(ShellText.unitQuoted(#"a "b" \ 100% $x"#) == #""a \"b\" \\ 100%% $$x""#)
        #expect(ShellText.unitQuoted("a\nb") == #""a\nb""#)
    }

    @Test("Names fit files, services and shells")
    func names() {
        #expect(Deployment.boardName("Front Door") == "front-door")
        #expect(Deployment.boardName("../../etc") == "etc")
        #expect(Deployment.boardName("Tür") == "t--r")
        #expect(Deployment.boardName("--") == nil && Deployment.boardName("") == nil)
        for name in ["", "A", ".x", "-x", "a/b", "a b", String(repeating: "a", count: 49)] {
            #expect(throws: DeploymentError.self, "\(name)") {
                _ = try Deployment(
                    name: name, prefix: "/opt", bundle: "b", program: nil, selfcheck: nil, checks: false, arguments: "",
                    start: .no, source: .init(isCommand: false, isLive: false), release: "r")
            }
        }
    }
}
