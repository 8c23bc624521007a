import CLinux
import Link
import LinkSettings
import System

@main struct Main {
    static func main() { oc_exit(run()) }

    /// The program's exit code: 0, 1 where the system refuses something, 2 where the command line is wrong.
    private static func run() -> Int32 {
        let settings: Settings
        do throws(UsageError) {
            switch try Arguments.parse() {
            case .run(let parsed): settings = parsed
            case .check: return 0
            case .help: return Arguments.help.withUTF8Buffer { say(Array($0)) }
            case .version: return say(programVersion(Arguments.program) + [10])
            }
        } catch {
            return complain(error.message, 2)
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

    private static func say(_ text: [UInt8]) -> Int32 {
        let isWritten = text.withUnsafeBytes { bytes in
            do throws(Errno) { try FileDescriptor(borrowing: 1).writeFully(bytes) } catch { return false }
            return true
        }
        return isWritten ? 0 : 1
    }

    private static func complain(_ text: String, _ code: Int32) -> Int32 {
        Log.line(text)
        return code
    }
}
