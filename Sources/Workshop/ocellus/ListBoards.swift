import ArgumentParser
import Boards
import Kernels

/// `ocellus boards`: what a bundle can be built for.
struct ListBoards: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "boards",
        abstract: "List the board profiles, or show one.",
        discussion: """
              ocellus boards
              ocellus boards generic-aarch64
              ocellus boards ./my-board.yaml
              ssh pi@camera ocellusd --probe | ocellus boards --match -

            docs/board-profiles.md explains how to write one.
            """)

    @Argument(help: "A profile's name, or the path of one.", completion: .board)
    var name: String?

    @Option(
        help: "Print the profile's name for the machine where `ocellusd --probe` wrote this file (- for stdin).",
        completion: .file())
    var match: String?

    func validate() throws {
        if name != nil && match != nil { throw ValidationError("give a profile or --match, not both") }
    }

    func run() throws {
        if let match {
            let json = try WholeFile.read(match)
            let found: BoardMatch
            do throws(ConfigurationError) { found = try BoardMatch(json: json, file: match) } catch {
                throw Failure(error.description)
            }
            for text in found.remarks { remark("\(found.profile.name): \(text)") }
            print(found.profile.name)
            return
        }
        if let name {
            print(try BoardProfile.named(name).text)
            return
        }
        var table = Columns([.left, .left, .left, .right, .left])
        table.add(["board", "processor", "kernels", "threads", ""])
        for name in BoardProfile.builtInNames {
            let board = try BoardProfile.named(name)
            table.add([
                name, board.architecture.rawValue, board.kernelText, "\(board.threads)", board.title,
            ])
        }
        print(table.lines().joined(separator: "\n"))
    }
}

extension BoardProfile {
    /// The kernel set; where it is found at build time, which it would be now.
    fileprivate var kernelText: String {
        kernels == .best ? "best, here \(KernelSet.best.name)" : kernels.rawValue
    }

    fileprivate var text: String {
        var table = Columns([.left, .left])
        for fact in facts {
            let value = fact.key == "kernels" ? kernelText : fact.value
            for (index, line) in Self.wrapped(value).enumerated() { table.add([index == 0 ? fact.key : "", line]) }
        }
        return (["\(name): \(title)"] + table.lines(indent: 2)).joined(separator: "\n")
    }

    /// Lines of at most 96 characters where a long list's commas allow it.
    private static func wrapped(_ list: String) -> [String] {
        var lines: [String] = []
        for item in list.components(separatedBy: ", ") {
            if let last = lines.last, last.count + item.count < 94 {
                lines[lines.count - 1] = last + ", " + item
            } else {
                if !lines.isEmpty { lines[lines.count - 1] += "," }
                lines.append(item)
            }
        }
        return lines
    }
}
