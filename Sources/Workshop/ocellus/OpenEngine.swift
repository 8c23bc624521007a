import ArgumentParser
import Boards
import Bundle
import CBundle
import Compiler
import Engine
import Kernels

extension KernelSet: ExpressibleByArgument {
    public init?(argument: String) { self.init(name: argument.utf8) }

    public static var allValueStrings: [String] { allCases.map { "\($0.name)" } }
}

/// A bundle for this machine: as it is, or made in memory from a model or sensor file.
struct Runnable {
    /// Where the bundle comes from, as the user named it.
    let path: String
    /// The bundle where it was made in memory; nil where it lies at `path`.
    let bytes: [UInt8]?
    /// What its making has to say.
    let notes: [String]

    /// A bundle in memory.
    init(path: String, bytes: [UInt8], notes: [String]) { (self.path, self.bytes, self.notes) = (path, bytes, notes) }

    /// - Parameters:
    ///   - kernels: a bundle is packed again for them where it has others.
    ///   - threads: for a bundle at most those that it is built for.
    init(path: String, kernels: KernelSet?, threads: Int?, progress: Progress) throws(Failure) {
        progress.show("reading \(path)")
        try self.init(try Subject(path: path), path: path, kernels: kernels, threads: threads, progress: progress)
    }

    /// The same of what was read already.
    /// - Parameter pixels: what a pixel means to a model, of which no sensor file says it.
    init(
        _ subject: Subject, path: String, kernels: KernelSet?, threads: Int?,
        pixels: SensorFile.PixelScale = .raw, progress: Progress
    ) throws(Failure) {
        self.path = path
        switch subject {
        case .bundle:
            try Self.check(path, threads)
            bytes = try kernels.map { (kernels) throws(Failure) in try Self.repacked(path, kernels) } ?? nil
            notes = []
        case .model(let model):
            (bytes, notes) = try Self.compile(model, sensor: nil, pixels, kernels, threads, path, progress)
        case .sensor(let sensor, _, let model):
            (bytes, notes) = try Self.compile(model, sensor: sensor, pixels, kernels, threads, path, progress)
        }
        progress.clear()
    }

    private static func compile(
        _ model: TrainedModel, sensor: SensorFile?, _ pixels: SensorFile.PixelScale, _ kernels: KernelSet?,
        _ threads: Int?, _ path: String, _ progress: Progress
    ) throws(Failure) -> ([UInt8], [String]) {
        var options = Compiler.Options(board: try BoardProfile.named("host"))
        try options.board.check(kernels)
        options.kernelSet = kernels
        options.threads = threads
        options.sensor = sensor
        options.pixels = pixels
        var model = model
        let notes = try ModelDetector(model, sensor)?.place(in: &model.graph, &options) ?? []
        let result = try Compiler.compile(model, options, about: path) { progress.show($0.rawValue) }
        return (result.bundle, notes + result.report.notes)
    }

    /// The bundle at `path` packed for `kernels`; nil where it is so already.
    private static func repacked(_ path: String, _ kernels: KernelSet) throws(Failure) -> [UInt8]? {
        let bundle = try Bundle.opened(path)
        guard bundle.view.model.pointee.kernel_set != kernels.rawValue else { return nil }
        do throws(EngineError) { return try bundle.packed(.to(kernels)).bytes } catch {
            throw Failure(path, error.message)
        }
    }

    private static func check(_ path: String, _ threads: Int?) throws(Failure) {
        guard let threads else { return }
        let bundle = try Bundle.opened(path)
        let view = bundle.view
        let model = view.model.pointee
        guard threads > Int(model.threads) else { return }
        throw Failure(
            "\(path): built for \(Format.count(Int(model.threads), "thread")), not \(threads); build it again: "
                + "ocellus build \(view.string(model.origin)) --board \(view.string(model.board)) --threads \(threads), "
                + "or give the model itself instead of the bundle")
    }

    /// Maps and verifies the bundle, or verifies the one in memory.
    func open() throws(Failure) -> Bundle {
        guard let bytes else { return try Bundle.opened(path) }
        do throws(BundleError) { return try Bundle(copying: bytes) } catch { throw Failure(path, error.message) }
    }

    func engine(threads: Int? = nil) throws(Failure) -> Engine {
        try Engine.started(open(), threads: threads, about: path)
    }
}

extension Bundle {
    static func opened(_ path: String) throws(Failure) -> Bundle {
        do throws(OpenError) {
            return try Bundle(path: FileName.path(path))
        } catch {
            if case .system(let errno) = error { throw Failure(path, WholeFile.reason(errno, path)) }
            // Another kind of file is called by its name.
            let bytes = try WholeFile.read(path)
            if let kind = FileKind(of: bytes, named: path), kind != .bundle, kind != .empty {
                let remedy = kind == .model ? "; make one with 'ocellus build'" : ""
                throw Failure("\(path): \(kind.words(insteadOf: "an .ocellus bundle"))\(remedy)")
            }
            throw Failure(path, error.message)
        }
    }
}

extension Engine {
    static func started(_ bundle: consuming Bundle, threads: Int?, about path: String) throws(Failure) -> Engine {
        do throws(EngineError) { return try Engine(bundle, threads: threads) } catch {
            throw Failure(path, error.message)
        }
    }
}
