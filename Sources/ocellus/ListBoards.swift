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

            docs/board-profiles.md explains how to write one.
            """)

    @Argument(help: "A profile's name, or the path of one.")
    var name: String?

    func run() throws {
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
        table.add(["processor", architecture.rawValue])
        table.add(["kernels", kernelText])
        table.add(["threads", "\(threads)"])
        for (what, bytes) in [("level 1 cache", l1), ("level 2 cache", l2), ("memory", memory)] {
            if let bytes { table.add([what, "\(Format.grouped(bytes)) bytes"]) }
        }
        return (["\(name): \(title)"] + table.lines(indent: 2)).joined(separator: "\n")
    }
}
