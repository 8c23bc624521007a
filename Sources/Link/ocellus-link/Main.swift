import ArgumentParser
import Bundle
import CLinux
import Link
import System

@main struct Main {
    static func main() { oc_exit(run()) }

    /// The program's exit code: 0, 1 where the system refuses something, 2 where the command line is wrong.
    private static func run() -> Int32 {
        let settings: Settings
        do {
            settings = try Arguments.parse().settings()
        } catch let error as Wrong {
            return complain(error.text, 2)
        } catch {
            guard Arguments.exitCode(for: error) != .success else {
                // Help and version are asked for, and so are the output.
                print(Arguments.fullMessage(for: error))
                return 0
            }
            return complain(Arguments.message(for: error), 2)
        }
        // Before any thread: all inherit the blocked signals.
        let signals = oc_signals_open()
        guard signals >= 0 else { return complain("cannot listen to signals: \(Errno(0 &- signals).description)", 1) }
        do throws(LinkLoop.Failure) {
            try LinkLoop.run(settings, signals: FileDescriptor(owning: signals))
            return 0
        } catch {
            switch error {
            case .usage(let text): return complain(String(decoding: text, as: UTF8.self), 2)
            case .system(let text): return complain(String(decoding: text, as: UTF8.self), 1)
            }
        }
    }

    private static func complain(_ text: String, _ code: Int32) -> Int32 {
        let line = "ocellus-link: " + text.split(separator: "\n").joined(separator: " ") + "\n"
        _ = Array(line.utf8).withUnsafeBytes { oc_write(2, $0.baseAddress, $0.count) }
        return code
    }
}
