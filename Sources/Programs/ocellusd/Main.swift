import Bundle
import CLinux
import Sensors
import System
import Watching

@main struct Main {
    static func main() {
        oc_exit(run().rawValue)
    }

    private static func run() -> ExitCode {
        guard holdStandardStreams() else { return .output }
        var options: Options
        do throws(UsageError) {
            switch try Command.parse() {
            case .run(let parsed):
                options = parsed
                options.isWalled = true
            case .bench(let parsed, let request): return Bench(parsed, request).run()
            case .check(let parsed): return check(parsed)
            case .listCameras: return listCameras()
            case .probe(let root): return Probe(root: root).print()
            case .help: return say(bytes(of: Arguments.help))
            case .version: return say(programVersion(Arguments.program) + [UInt8(ascii: "\n")])
            }
        } catch {
            Log.line(error.message)
            return .usage
        }
        // Before any thread: all inherit the blocked signals.
        let signals = oc_signals_open()
        guard signals >= 0 else {
            Log.line("cannot listen to signals: \(Errno(0 &- signals).description)")
            return .system
        }
        return Daemon.run(options, signals: FileDescriptor(owning: signals))
    }

    private static func say(_ text: some Collection<UInt8>) -> ExitCode {
        let isWritten = Array(text).withUnsafeBytes { bytes in
            do throws(Errno) { try FileDescriptor(borrowing: 1).writeFully(bytes) } catch { return false }
            return true
        }
        return isWritten ? .success : .output
    }

    private static func listCameras() -> ExitCode {
        var isWritten = true
        let found = CameraListing.write { line in
            let bytes = Array("\(line)\n".utf8)
            bytes.withUnsafeBytes { bytes in
                do throws(Errno) { try FileDescriptor(borrowing: 1).writeFully(bytes) } catch { isWritten = false }
            }
        }
        return !isWritten ? .output : found ? .success : .source
    }

    private static func check(_ options: Options) -> ExitCode {
        do throws(Model.LoadError) {
            let model = try Model(BundleFile(options.bundle), options)
            if let warning = model.placeThreads() { Log.line(warning) }
            do throws(SessionError) { _ = try SessionSettings(model, options) } catch {
                Log.line("\(options.bundle.description): \(error.message)")
                return error.code
            }
            Log.line("\(options.bundle.description): \(model.summary)")
        } catch {
            Log.line(error.message)
            return .bundle
        }
        return .success
    }

    /// A descriptor below 3 that is closed would be given to the next file opened, and events would be written into it.
    private static func holdStandardStreams() -> Bool {
        var status = oc_file_status()
        for fd in [Int32(0), 1, 2] where oc_status(fd, &status) < 0 {
            if fd == 1 {
                Log.line("standard output is closed")
                return false
            }
            _ = oc_open("/dev/null", Int32((fd == 0 ? OC_READ : OC_WRITE).rawValue))
        }
        return true
    }
}
