import ArgumentParser
import Boards
import Bundle
import CLinux
import Drawing
import Events
import Foundation
import Kernels
import Pictures
import Sensors
import System
import Watching

/// `ocellus watch`: what `ocellusd` would say of a clip, and why.
struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Watch a clip, pictures or a recording as ocellusd does, and draw why it says what it says.",
        discussion: """
            For finding thresholds: events as ocellusd gives them, a plot of the scores over time with thresholds and \
            events, and a sheet of the frames. A .tflite model or a sensor file is built in memory for this machine.

              ocellus watch sensor.yaml clip.y4m --plot scores.svg --sheet frames.png
              ocellus watch sensor.yaml photos/ --fps 2
              ocellus watch sensor.yaml recording/ --json

            Sources are those of ocellusd that have an end: pictures, folders, .y4m and .mjpeg files, raw frames \
            (yuv420:640x480@10:FILE), and folders that ocellusd has recorded.
            """)

    @Argument(help: "A sensor file (.yaml) or an .ocellus bundle.", completion: .runnable)
    var sensor: String

    @Argument(help: "Pictures, folders, clips, or one recording.", completion: .frames)
    var sources: [String]

    @Option(
        help: "Draw the scores over time here, as SVG or PNG by the name's ending.",
        completion: .file(extensions: ["svg", "png"]))
    var plot: String?

    @Option(
        help: "Draw frames side by side here, as PNG: those with events, and others between.",
        completion: .file(extensions: ["png"]))
    var sheet: String?

    @Option(help: "Frame rate of what does not say its own (default: pictures 1, streams 30).")
    var fps: Double?

    @Option(help: "Use this kernel set; a bundle is packed again for it in memory.")
    var kernels: KernelSet?

    @Flag(help: "Print events as JSON lines, byte for byte as ocellusd does.")
    var json = false

    func validate() throws {
        if let fps, !(0.001...1000 ~= fps) { throw ValidationError("--fps \(fps) is out of range; give 0.001 to 1000") }
        if let plot, !["svg", "png"].contains(FileName.ending(of: plot)) {
            throw ValidationError("--plot \(plot): SVG or PNG; give a name that ends in .svg or .png")
        }
        if let sheet, FileName.ending(of: sheet) != "png" {
            throw ValidationError("--sheet \(sheet): the sheet is written as PNG; give a name that ends in .png")
        }
    }

    func run() throws {
        for output in [plot, sheet].compactMap({ $0 }) {
            if let input = ([sensor] + sources).first(where: { WholeFile.same($0, output) }) {
                throw Failure("\(output): would replace \(input), which is read; give another name")
            }
            try WholeFile.expectFolder(of: output)
        }
        if let plot, let sheet, plot == sheet { throw Failure("\(plot): named twice; give plot and sheet a name each") }
        let runnable = try Runnable(path: sensor, kernels: kernels, threads: nil, progress: Progress())
        let bundle = try runnable.open()
        let view = bundle.view
        guard view.preprocess != nil, view.scores != nil || view.detector != nil else {
            throw Failure(
                "\(sensor): says neither how pictures become scores nor when to speak; give a sensor file (docs/sensor-file.md)"
            )
        }
        let upright = view.pixelPermit.flatMap { UprightPicture(view, $0) }
        if sheet != nil, upright == nil {
            throw Failure("\(sensor): is for metadata only (privacy in its sensor file); leave out --sheet")
        }
        let watched = Watched(view, title: title(view))
        var options = Options(bundle: Path([]))
        options.sources = try items()
        options.source.rate = fps.flatMap { FrameRate(parsing: "\($0)".utf8) }
        options.format = json ? .json : .text
        options.records = false
        let signals = oc_signals_open()
        guard signals >= 0 else { throw Failure("cannot listen to signals: \(Errno(0 &- signals).description)") }
        let isWhole = try runnable.withFile { path in
            options.bundle = path
            return Daemon.run(options, signals: FileDescriptor(owning: signals), observer: watched.observer) == .success
        }
        // Why not, it has said.
        guard isWhole else { throw ArgumentParser.ExitCode.failure }
        if !json { print("\n" + watched.summary) }
        if let plot { try PictureFile.write(watched.plot.figure(), to: plot) }
        if let sheet, let upright {
            try PictureFile.write(watched.sheet(of: options, upright), to: sheet)
        }
    }

    private func title(_ view: BundleView) -> String {
        let names = sources.map { FileName.printable($0.split(separator: "/").last.map(String.init) ?? $0) }
        let sensor = view.sensor.map { view.string($0.pointee.name) } ?? view.string(view.model.pointee.name)
        return "\(sensor): \(names.count > 3 ? Format.count(names.count, "source") : names.joined(separator: ", "))"
    }

    /// Only what has an end, and can be looked at twice.
    private func items() throws(Failure) -> [SourceItem] {
        var items: [SourceItem] = []
        for source in sources {
            let item: SourceItem
            do throws(SourceError) { item = try SourceItem(parsing: FileName.bytes(of: source)) } catch {
                throw Failure(error.message.replacing("--source ", with: ""))
            }
            guard !item.isCamera, item.network == nil, !item.isStandardInput else {
                throw Failure("\(source): has no end; ocellusd watches cameras and pipes, this command files")
            }
            let status: FileDescriptor.Status
            do throws(Errno) { status = try FileDescriptor.Status(of: item.path) } catch {
                throw Failure(source, WholeFile.reason(error, source))
            }
            guard status.kind == .file || status.kind == .folder else {
                throw Failure("\(source): has no end; ocellusd watches cameras and pipes, this command files")
            }
            items.append(item)
        }
        return items
    }
}
