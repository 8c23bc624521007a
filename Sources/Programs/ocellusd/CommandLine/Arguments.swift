import CBundle
import CLinux
import Engine
import Events
import Kernels
import Sensors
import System
import Watching

/// The command line, as far as it is read.
struct Arguments {
    fileprivate var options = Options(bundle: Path([]))
    // What `--bench`, `--json` and `--regions` ask for.
    private var bench: Bench.Request?
    private var json = false
    private var regions = false
    /// The set that `--kernels` names.
    private var kernels: KernelSet?

    static let help: StaticString = """
        Usage: ocellusd BUNDLE [--source SOURCE...] [options]

        Watches frames with the model in BUNDLE and writes an event whenever something changes.

          --source SOURCE...   where frames come from; the bundle's own by default
                                 PHOTO FOLDER CLIP.y4m     pictures and recordings, one after another
                                 y4m:PATH                  a Y4M file or FIFO; - is standard input
                                 mjpeg[@FPS]:PATH          JPEG files one behind the other, or CLIP.mjpeg
                                 FORMAT:WxH[/ROW][@FPS][:PATH]  raw frames from a file, FIFO or standard input;
                                                           ROW: bytes of a padded row, or gstreamer
                                 FORMAT is yuv420, yuyv, uyvy, nv12, nv21, grey, rgb24 or bgr24
                                 camera /dev/video0        the first camera, or this one
                                 camera:NAME               by bus or card, as --list-cameras has them
                                 rtsp://… http://…         a network camera, read by ocellus-fetch
                                 FOLDER                    a recording: says what was said when it was recorded
          --every-frame        let a pipe's sender wait instead of dropping frames
          --loop               begin files again at their end
          --pace               play files at their own rate, as a camera would; --clock real does so too
          --fps F              frame rate of sources that do not say theirs (pictures 1, streams 30)
          --format json|topic|text  events as JSON lines (default), with a topic and a blank before the JSON, or as
                               a person reads them (default on a terminal)
          --topic PREFIX       what topics begin with; ocellus/<sensor> by default
          --clock real|frame   time by the machine (default for pipes) or by the frame rate (default for files)
          --heartbeat S        seconds between heartbeats; 0: none
          --max-fps F          frames inferred a second at most; 0: no limit
          --record FOLDER      keep frames around events there, as JPEG, JSON and what the model saw
          --record-budget N    bytes of all that is kept there, such as 500M or 2G; the oldest go first
          --record-frames B+A  frames kept before and after one with an event
          --state FILE         keep one line there that says how the sensor fares: starting, ready, faulty, …
          --socket PATH        serve events at a Unix socket, too, to any number of readers up to 16
          --socket-mode MODE   who may connect and command, as for chmod; 0660 by default
          --threads N          worker threads, at most the bundle's
          --repack             pack the bundle again at start where this CPU lacks its kernel set
          --kernels SET        with --repack: for this kernel set in any case
          --bench N            time N inferences and every step on this machine, and end; with 0 only tell when the
                               first result was there
          --json               with --bench: print JSON
          --regions            with --bench: mark N inferences and each step of one more for a plugin that counts
                               instructions, instead of timing them
          --memory             say on standard error what the heap holds after the first frame, by name
          --check              load BUNDLE, say on standard error what it is, and end
          --list-cameras       say what cameras there are, their modes and controls, and end
          --probe [ROOT]       describe this machine as JSON and end; with ROOT, as its proc, sys and dev tell
          --help, --version

        Events go to standard output, see docs/events.md; all else to standard error. SIGTERM and SIGINT end,
        SIGHUP loads BUNDLE again. Exit codes: 0 the source ended or a signal came, 1 the system refused,
        2 wrong arguments, 3 bundle, 4 source, 5 standard output is closed.

        """

    static let program: StaticString = "ocellusd"
}

/// What the command line asks for.
enum Command {
    case run(Options)
    case check(Options)
    case bench(Options, Bench.Request)
    case help
    case version
    case probe(root: Path)
    case listCameras
}

extension Command {
    /// Reads this process's arguments.
    static func parse() throws(UsageError) -> Command {
        var reader = ArgumentReader()
        var arguments = Arguments()
        var onlyChecks = false
        while let argument = reader.next() {
            guard argument.isOption else {
                guard arguments.options.bundle.isEmpty else {
                    throw UsageError(
                        message: "unexpected \(argument.text): one bundle, and pictures or streams after --source")
                }
                arguments.options.bundle = Path(argument.bytes)
                continue
            }
            if argument.names("--help") || argument.names("-h") { return .help }
            if argument.names("--probe") { return .probe(root: Path(reader.nextValue()?.bytes ?? bytes(of: "/"))) }
            if argument.names("--list-cameras") { return .listCameras }
            if argument.names("--version") { return .version }
            if argument.names("--check") {
                onlyChecks = true
                continue
            }
            try arguments.take(argument, &reader)
        }
        guard !arguments.options.bundle.isEmpty else {
            throw UsageError(
                message: "a bundle is missing: ocellusd x.ocellus --source photo.jpg (the bundle comes first)")
        }
        try arguments.settleKernels()
        if let request = try arguments.benchRequest() { return .bench(arguments.options, request) }
        return onlyChecks ? .check(arguments.options) : .run(arguments.options)
    }
}

extension Arguments {
    fileprivate mutating func take(_ argument: ProgramArgument, _ reader: inout ArgumentReader) throws(UsageError) {
        if argument.names("--source") {
            try takeSources(argument, &reader)
        } else if argument.names("--every-frame") {
            options.source.everyFrame = true
        } else if argument.names("--loop") {
            options.source.loops = true
        } else if argument.names("--pace") {
            options.source.isPaced = true
        } else if argument.names("--fps") {
            let value = try reader.value(of: argument)
            options.source.rate = FrameRate(parsing: value.bytes)
            guard options.source.rate != nil else {
                throw UsageError(message: "--fps takes a number from 0.001 to 1000, not \(value.text)")
            }
        } else if argument.names("--format") {
            let value = try reader.value(of: argument)
            options.format = try value.choice(("json", .json), ("topic", .topic), ("text", .text), of: argument)
        } else if argument.names("--clock") {
            let value = try reader.value(of: argument)
            options.clock = try value.choice(("real", .machine), ("frame", .frames), of: argument)
        } else if argument.names("--topic") {
            let value = try reader.value(of: argument).bytes
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: value.count, alignment: 1)
            copy.copyBytes(from: value)
            options.topic = Text(copy)  // as long as the process
        } else if argument.names("--heartbeat") {
            let seconds = try reader.value(of: argument).number(0...86_400 * 365, of: argument)
            options.heartbeat = Int64(seconds * 1e9)
        } else if argument.names("--max-fps") {
            let rate = try reader.value(of: argument).number(0...1000, of: argument)
            options.frameInterval = rate > 0 ? Int64(min(1e9 / rate, 1e15)) : 0
        } else if argument.names("--threads") {
            let count = try reader.value(of: argument).number(1...16, of: argument)
            guard count == Double(Int(count)) else { throw UsageError(message: "--threads takes a whole number") }
            options.threads = Int(count)
        } else if argument.names("--state") {
            options.state = Path(try reader.value(of: argument).bytes)
        } else if argument.names("--socket") {
            options.socket = Path(try reader.value(of: argument).bytes)
        } else if argument.names("--socket-mode") {
            options.socketMode = try reader.value(of: argument).fileMode(of: argument)
        } else if argument.names("--record") {
            options.record = Path(try reader.value(of: argument).bytes)
        } else if argument.names("--record-budget") {
            options.recordBudget = try reader.value(of: argument).size(of: argument)
        } else if argument.names("--record-frames") {
            options.recordFrames = try reader.value(of: argument).frames(of: argument)
        } else if argument.names("--bench") {
            let runs = try reader.value(of: argument).number(0...1_000_000, of: argument)
            guard runs == Double(Int(runs)) else { throw UsageError(message: "--bench takes a whole number") }
            bench = Bench.Request(runs: Int(runs))
        } else if argument.names("--json") {
            json = true
        } else if argument.names("--regions") {
            regions = true
        } else if argument.names("--memory") {
            guard oc_heap_bytes() >= 0 else {
                throw UsageError(message: "--memory: this program's C library does not count its heap; glibc does")
            }
            options.memory = true
        } else if argument.names("--repack") {
            options.repack = .whereNeeded
        } else if argument.names("--kernels") {
            let value = try reader.value(of: argument)
            guard let set = KernelSet(name: value.bytes) else {
                throw UsageError(message: "--kernels: there is no kernel set \(value.text)")
            }
            kernels = set
        } else {
            throw UsageError(message: "unknown option \(argument.text); ocellusd --help lists all")
        }
    }

    fileprivate mutating func benchRequest() throws(UsageError) -> Bench.Request? {
        guard var request = bench else {
            if json || regions { throw UsageError(message: "--json and --regions need --bench") }
            return nil
        }
        if let source = options.sources.first {
            guard options.sources.count == 1, let shape = source.frameShape else {
                throw UsageError(
                    message: "--bench takes no --source but one such as yuyv:640x480: to convert such frames as well")
            }
            request.frame = shape
        }
        if regions {
            guard options.threads ?? 1 == 1 else {
                throw UsageError(message: "--regions is for one thread: leave out --threads")
            }
            guard !json else { throw UsageError(message: "--regions prints no JSON: leave out --json") }
            options.threads = 1
        }
        request.json = json
        request.regions = regions
        return request
    }

    /// Options come in any order: what they mean together is known at the end.
    fileprivate mutating func settleKernels() throws(UsageError) {
        guard let kernels else { return }
        guard case .whereNeeded = options.repack else {
            throw UsageError(message: "--kernels needs --repack: a bundle runs on the kernel set that it is packed for")
        }
        options.repack = .to(kernels)
    }

    private mutating func takeSources(_ argument: ProgramArgument, _ reader: inout ArgumentReader) throws(UsageError) {
        var next: ProgramArgument? = try reader.value(of: argument)
        while let value = next {
            do throws(SourceError) { options.sources.append(try SourceItem(parsing: value.bytes)) } catch {
                throw UsageError(message: error.message)
            }
            next = reader.nextValue()
        }
    }
}

extension ProgramArgument {
    /// Two whole numbers with a plus between them.
    func frames(of option: ProgramArgument) throws(UsageError) -> (before: Int, after: Int) {
        let limit = 0...Int64(OC_RECORD_MAX_FRAMES)
        guard let plus = bytes.firstIndex(of: UInt8(ascii: "+")), let before = Int64(decimal: bytes[..<plus]),
            let after = Int64(decimal: bytes[(plus + 1)...]), limit ~= before, limit ~= after
        else {
            throw UsageError(
                message: "\(option.text) takes frames before and after, at most \(Int(limit.upperBound)) each, such as "
                    + "8+8, not \(text)")
        }
        return (Int(before), Int(after))
    }
}
