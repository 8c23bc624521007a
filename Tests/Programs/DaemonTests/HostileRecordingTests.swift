import Foundation
import Testing

/// Recordings that are damaged, or that somebody made up.
@Suite(.serialized) struct HostileRecordingTests {
    private let place: Workplace
    private let folder: RecordFolder
    private let text: String

    init() throws {
        place = try Workplace()
        folder = try RecordFolder(place)
        let end = try Daemon.run(
            [place.bundle, "--source", Workplace.clip, "--record", folder.path, "--record-frames", "0+0"])
        try #require(end.code == 0)
        text = try String(contentsOfFile: folder.path + "/ocellus-0000000000.json", encoding: .utf8)
    }

    private func expect(_ reason: String, in file: String = "ocellus-0000000000.json", _ comment: String = "") throws {
        let end = try Daemon.run([place.bundle, "--source", folder.path])
        #expect(end.code == 4, "\(comment) \(end.code) \(end.errors)")
        #expect(end.errors == "ocellusd: \(folder.path)/\(file): \(reason)\n", "\(comment) \(end.errors)")
        #expect(end.events.last?.string("state") == "failed")
    }

    @Test func textsThatAreNone() throws {
        func byte(of part: String) throws -> Int {
            text.utf8.distance(from: text.startIndex, to: try #require(text.range(of: part)).lowerBound)
        }
        for (old, new, at, reason) in [
            (text, "", 0, "the text is cut short"), (text, "[]", 0, "expected an object"),
            (text, String(text.prefix(100)), 100, "the text is cut short"),
            (text, text + "x", -1, "something follows the object"),
            ("\"ocellus\":1", "\"ocellus\":2", -1, "a recording of another version of this program"),
            ("\"frames\":", "\"framez\":", -1, "a member that every record has is missing"),
            ("\"run\":0", "\"run\":99999999999999999999", -1, "a number out of range"),
            ("\"run\":0", "\"run\":-1", -1, "a number out of range"),
            ("\"run\":0", "\"run\":01", -1, "expected a whole number"),
            ("\"run\":0", "\"run\":1e3", -1, "expected a whole number"),
            ("\"run\":0", "\"run\":true", -1, "expected a whole number"),
            ("\"monotonic_ns\":", "\"monotonic_ns\":999999999", -1, "a number out of range"),
            ("\"bytes\":9216", "\"bytes\":0", -1, "a number out of range"),
            ("\"before\":[false", "\"before\":[null", -1, "expected true or false"),
            ("\"before\":[false,", "\"before\":[", -1, "expected true or false"),
            ("null]", "null,7]", -1, "a rule without the six values of its memory"),
            ("\"told\":[]", "\"told\":[{}]", -1, "an event that is no line"),
            ("\"told\":[]", "\"told\":[{\"topic\":\"a b\",\"event\":{}}]", -1, "an event that is no line"),
            ("\"told\":[]", "\"told\":[{\"topic\":\"a\",\"event\":{\n}}]", -1, "an event that is no line"),
            ("\"told\":[]", "\"told\":" + String(repeating: "[", count: 100_000), -1, "expected an object"),
            ("\"told\":[]", "\"more\":" + String(repeating: "[", count: 100_000), -1, "too deep"),
        ] as [(String, String, Int, String)] {
            let changed = old == text ? new : text.replacingOccurrences(of: old, with: new)
            if old != text { _ = try byte(of: old) }
            try place.file("record/ocellus-0000000000.json", Array(changed.utf8))
            let end = try Daemon.run([place.bundle, "--source", folder.path])
            #expect(end.code == 4, "\(old) -> \(new.prefix(60)): \(end.code) \(end.errors)")
            let line = try #require(end.errors.split(separator: "\n").first)
            #expect(
                end.errors.split(separator: "\n").count == 1 && line.hasSuffix(": \(reason)"),
                "\(new.prefix(60)): \(line)")
            #expect(line.hasPrefix("ocellusd: \(folder.path)/ocellus-0000000000.json: byte "), "\(line)")
            if at >= 0 { #expect(line.contains("byte \(at):"), "\(line)") }
        }
        try place.file("record/ocellus-0000000000.json", [UInt8](repeating: 32, count: 1 << 20 + 1))
        try expect("cannot read: File too large")
    }

    @Test func inputsThatAreNotWhatTheyWere() throws {
        let name = "ocellus-0000000000.raw"
        let path = folder.path + "/" + name
        let input = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        try place.file("record/" + name, Array(input.prefix(100)))
        try expect("cut short: 100 of 9216 bytes from byte 0", in: name)
        var changed = input
        changed[5000] ^= 1
        try place.file("record/" + name, changed)
        try expect("byte 0: not the input that was recorded: its checksum is wrong", in: name)
        try FileManager.default.removeItem(atPath: path)
        try expect("cannot read: No such file or directory", in: name)
        try place.file("record/" + name, input)
        let other = text.replacingOccurrences(of: "\"bytes\":9216", with: "\"bytes\":9215")
        try place.file("record/ocellus-0000000000.json", Array(other.utf8))
        try expect(
            "the input of zone 0 has 9215 bytes, the bundle's model takes 9216: replay with the bundle that it was "
                + "recorded with", in: name)
    }

    @Test("Extreme times and memories are only numbers") func extremes() throws {
        let most = "2305843009213693952", least = "-2305843009213693952"
        for (wall, now) in [(most, most), (least, least), (most, least)] {
            var changed = text.replacing(/"wall_ns":\d+/, with: "\"wall_ns\":\(wall)")
            changed = changed.replacing(/"monotonic_ns":\d+/, with: "\"monotonic_ns\":\(now)")
            changed = changed.replacing(
                /"before":\[.*?\]/, with: "\"before\":[true,4294967296,\(least),\(most),\(least),\(most)]")
            changed = changed.replacing(/"seq":\d+/, with: "\"seq\":9007199254740992")
            try place.file("record/ocellus-0000000000.json", Array(changed.utf8))
            let end = try Daemon.run([place.bundle, "--source", folder.path])
            #expect(end.code == 0, "\(end.errors)")
        }
    }

    @Test func namesOfOthersAreNoRecords() throws {
        try place.file("record/ocellus-123.json", Array("rubbish".utf8))
        try place.file("record/ocellus-0000000001.json.tmp", Array("rubbish".utf8))
        #expect(try Daemon.run([place.bundle, "--source", folder.path]).code == 0)
        try FileManager.default.createDirectory(
            atPath: folder.path + "/ocellus-0000009999.json", withIntermediateDirectories: false)
        try expect("cannot read: Invalid argument", in: "ocellus-0000009999.json")
    }
}
