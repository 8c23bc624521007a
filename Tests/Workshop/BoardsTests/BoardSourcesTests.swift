import Foundation
import Testing

@testable import Boards

/// The rules of `docs/board-profiles.md` for the files of `Boards/`: every fact has its source, every choice a reason.
@Suite struct BoardSourcesTests {
    /// A profile's file, its lines read for their comments.
    struct File: CustomTestStringConvertible, Sendable {
        var name: String
        var lines: [Line]
        /// Each tag that the head of the file explains, with the explanation.
        var sources: [String: String]

        var testDescription: String { name }
        var isGeneric: Bool { name.hasPrefix("generic-") || name == "host" }
    }

    struct Line: Sendable {
        var number: Int
        /// The column of the key, that of a list's item counted behind its dash.
        var column: Int
        /// Up to the colon; empty where a line goes on with the value above.
        var key: String
        var value: String
        var comment: String?

        var tag: String? { comment?.firstMatch(of: /\[([a-z0-9]+)\]/).map { String($0.1) } }
    }

    static let files: [File] = BoardProfile.builtIn.map { profile in
        var file = File(name: profile.name, lines: [], sources: [:])
        var tag: String?
        let text = String(decoding: profile.yaml, as: UTF8.self)
        for (index, text) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if text.hasPrefix("#") {
                if let match = text.firstMatch(of: /^# +\[([a-z0-9]+)\] +(.+)$/) {
                    tag = String(match.1)
                    file.sources[String(match.1)] = String(match.2)
                } else if let last = tag, let match = text.firstMatch(of: /^#   +(.+)$/) {
                    file.sources[last]? += " " + match.1
                } else {
                    tag = nil
                }
                continue
            }
            let parts = text.split(separator: /(^|\s+)#\s*/, maxSplits: 1, omittingEmptySubsequences: false)
            let content = parts[0]
            let match = content.firstMatch(of: /^(\s*(?:- )?)([a-z0-9]+):(?:\s+(.*))?$/)
            let bare = content.drop { $0 == " " }
            guard !bare.isEmpty else { continue }
            file.lines.append(
                Line(
                    number: index + 1, column: match?.1.count ?? content.count - bare.count,
                    key: match.map { String($0.2) } ?? "", value: match.map { String($0.3 ?? "") } ?? String(bare),
                    comment: parts.count > 1 ? String(parts[1]) : nil))
        }
        return file
    }

    @Test("Every fact carries its source, every choice its reason", arguments: files.filter { !$0.isGeneric })
    func everyFact(file: File) {
        var used: Set<String> = []
        // Lines that open what is indented below them, with the tag that holds there.
        var open: [(column: Int, tag: String?)] = []
        for line in file.lines {
            open.removeAll { $0.column >= line.column }
            if let tag = line.tag {
                used.insert(tag)
                #expect(file.sources[tag] != nil, "\(file.name):\(line.number): [\(tag)] is not explained")
            }
            let tag = line.tag ?? open.last?.tag
            if line.value.isEmpty {
                open.append((line.column, tag))
            } else if line.column == 0, ["kernels", "threads", "pin"].contains(line.key) {
                #expect(line.comment?.isEmpty == false, "\(file.name):\(line.number): no reason for \(line.key)")
            } else if !["title", "arch"].contains(line.key) {
                #expect(tag != nil, "\(file.name):\(line.number): no source for \(line.key) \(line.value)")
            }
        }
        #expect(used == Set(file.sources.keys), "\(file.name): sources that nothing refers to")
        for (tag, source) in file.sources {
            #expect(
                source.contains(/https?:\/\/\S+\.\S+\/\S+|[\w.-]+\/[\w.-]+ (\S+\/)+[\w.-]+/),
                "\(file.name): [\(tag)] names no file in a repository and no address: \(source)")
        }
    }

    @Test("A profile of a board says what it is and how to recognise it", arguments: files.filter { !$0.isGeneric })
    func boards(file: File) throws {
        let board = try BoardProfile.find(file.name)
        #expect(board.soc != nil && !board.compatible.isEmpty && !board.extensions.isEmpty && !board.clusters.isEmpty)
        #expect(board.compatible.allSatisfy { $0.contains(/^[a-z]+,[a-z0-9.-]+$/) })
        #expect(board.threads <= board.clusters.flatMap(\.cpus).count)
        #expect((board.kernels == .rvv) == (board.extensions.contains("v")))
    }

    @Test("Generic profiles hold for every CPU of their architecture", arguments: files.filter(\.isGeneric))
    func generic(file: File) throws {
        let board = try BoardProfile.find(file.name)
        #expect(board.compatible.isEmpty && board.clusters.isEmpty && board.threads == 1)
        #expect(file.lines.allSatisfy { ["title", "cpu", "arch", "kernels", "threads"].contains($0.key) })
    }

    @Test("A device tree's string stands for one board of an architecture")
    func compatible() throws {
        var boards: [String: String] = [:]
        for name in BoardProfile.builtInNames {
            let board = try BoardProfile.find(name)
            for string in board.compatible {
                let other = boards.updateValue(name, forKey: "\(board.architecture) \(string)")
                #expect(other == nil, "\(string) is \(name) and \(other ?? "")")
            }
        }
    }
}
