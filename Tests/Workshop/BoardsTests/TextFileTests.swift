import Foundation
import Testing

@testable import Boards

/// Text as editors and systems write it.
@Suite struct TextFileTests {
    private static let mark: [UInt8] = [0xef, 0xbb, 0xbf]

    private func labels(_ bytes: [UInt8]) -> String {
        do throws(ConfigurationError) {
            return try TextFile.labels(bytes, file: "l.txt").joined(separator: "|")
        } catch {
            return error.description
        }
    }

    @Test("Lines of labels end in LF, CRLF or CR", arguments: ["\n", "\r\n", "\r"])
    func lineEnds(end: String) {
        #expect(labels(Array("nobody\(end)a person\(end)\(end)".utf8)) == "nobody|a person")
        #expect(labels(Array("nobody\(end)a person".utf8)) == "nobody|a person")
        #expect(labels(Array("a\(end)\(end)b\(end)".utf8)) == "l.txt:2:1: an empty line; every line is one label")
    }

    @Test("A byte order mark is no part of a label, a sensor file or a board profile")
    func byteOrderMark() throws {
        #expect(labels(Self.mark + Array("nobody\nperson\n".utf8)) == "nobody|person")
        let document = try Document(yaml: Self.mark + Array("title: x\n".utf8), file: "b.yaml")
        #expect(document.root["title"]?.string == "x")
        let probe = #"{"board": {}, "cpu": {"arch": "aarch64", "isa": [], "usable": 1}, "best": "neon"}"#
        #expect(try BoardMatch(json: Self.mark + Array(probe.utf8), file: "p").profile.name == "generic-aarch64")
    }

    @Test("What is no UTF-8 text is called what it is")
    func otherFiles() {
        #expect(labels([0xff, 0xfe, 0x61, 0]) == "l.txt: not UTF-8 text but UTF-16; save it as UTF-8")
        #expect(labels([0x61, 0xe9]) == "l.txt: not UTF-8 text; save it as UTF-8")
        #expect(labels([]) == "l.txt: no labels in it; give one label a line")
        let pointer = Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n".utf8)
        #expect(
            labels(pointer).hasPrefix("l.txt: a Git LFS pointer, not the file that it stands for; run 'git lfs pull'"))
        #expect(labels(Array("\n<!DOCTYPE html>\n<html>".utf8)).hasPrefix("l.txt: a web page (HTML)"))
        let error = #expect(throws: ConfigurationError.self) { try Document(yaml: pointer, file: "s.yaml") }
        #expect(error?.description.hasPrefix("s.yaml: a Git LFS pointer") == true)
    }

    @Test(
        "A file's name keeps its bytes, whatever they are",
        arguments: [
            [], [0x61], [0x63, 0xe9, 0x2e], [0xc3, 0xa9], [0xff, 0xfe, 0x80], [0xf0, 0x9f, 0x98, 0x80],
            [0xf0, 0x9f, 0x98],
            [0xed, 0xa0, 0x80], [0xf4, 0x8f, 0xb8, 0xa9], [0xc0, 0xaf],
        ] as [[UInt8]])
    func names(bytes: [UInt8]) {
        let text = FileName.text(of: bytes)
        #expect(FileName.bytes(of: text) == bytes)
        #expect(
            String(validating: bytes, as: UTF8.self) == nil || bytes.first == 0xf4
                || text == String(decoding: bytes, as: UTF8.self))
        #expect(FileName.printable("é" + text).hasPrefix("é"))
    }

    @Test("What is no UTF-8 in a name is replaced for people")
    func printable() {
        #expect(FileName.printable(FileName.text(of: [0x63, 0xe9, 0x2e])) == "c\u{fffd}.")
    }
}
