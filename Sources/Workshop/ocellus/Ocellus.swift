import ArgumentParser
import Boards
import Bundle
import Foundation
import System

/// The compiler's command line. Exit codes: 0 done, 1 failed, 2 called wrongly.
@main
struct Ocellus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ocellus",
        abstract: "Turns trained int8 vision models into bundles for small boards, and runs them.",
        discussion: """
            A bundle is one file with everything decided: packed weights, the plan of the arena, how pictures become \
            the model's input and when a sensor speaks. `ocellusd` runs it on the board.

              ocellus build sensor.yaml --board generic-aarch64
              ocellus run person-sensor.ocellus photo.jpg

            Exit codes: 0 done, 1 failed (one line on stderr says why), 2 called wrongly.
            """,
        version: "\(productVersion)",
        subcommands: [
            Build.self, Run.self, Compare.self, Watch.self, Bench.self, Inspect.self, Verify.self, ListBoards.self,
            ListLabels.self,
            Deploy.self,
        ])

    static func main() {
        let arguments = Self.arguments
        refuseUnknownCommand(arguments.first)
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch let failure as Failure {
            end(failure.message, code: 1)
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            // The parser lists many values in lines of their own; one line is one error.
            var text = message(for: error).replacing(":\n  - ", with: ": ").replacing("\n  - ", with: ", ")
            while text.last == "." { text.removeLast() }
            end(text + hint(for: error), code: 2)
        }
    }

    /// As given, without the program's name: a file's name may be no UTF-8.
    private static var arguments: [String] {
        let all = UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc)).compactMap { $0 }
        return all.dropFirst().map { FileName.text(of: UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
    }

    /// The parser itself would complain of "unexpected arguments".
    private static func refuseUnknownCommand(_ word: String?) {
        let commands = configuration.subcommands.map { $0._commandName }
        guard let word, !word.hasPrefix("-"), word != "help", !commands.contains(word) else { return }
        end(
            "there is no command '\(word)'; there are \(commands.joined(separator: ", ")); see 'ocellus --help'",
            code: 2)
    }

    /// "; see 'ocellus build --help'", of the subcommand that was called.
    private static func hint(for error: any Error) -> String {
        guard let see = fullMessage(for: error).split(separator: "See '").last, let end = see.firstIndex(of: "'"),
            see.hasPrefix("ocellus")
        else { return "" }
        return "; see '\(see[..<end])'"
    }

    private static func end(_ message: String, code: Int32) -> Never {
        fflush(nil)
        FileHandle.standardError.write(Data("ocellus: \(FileName.printable(message))\n".utf8))
        Foundation.exit(code)
    }
}
