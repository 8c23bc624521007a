import Bundle
import CBundle
import Engine
import Events
import Kernels
import Recording
import Sensors
import System
import Vision

/// A loaded bundle, ready for frames, with the memories of its watch rules.
final class Model {
    struct LoadError: Error {
        let message: String
    }

    var watch: WatchList
    private let engine: Engine
    private var placement = Placement.anywhere
    private let scores: Scores
    private let zones: [Zone]  // that rules name
    private let motion: oc_motion?
    private let masks: [oc_region]
    private var gate: MotionGate?
    private var wanted: UInt32 = 0  // zones to infer, a bit each

    /// Loads the bundle that `options` name.
    init(_ options: Options) throws(LoadError) {
        let path = options.bundle
        engine = try Model.engine(path, options)
        let view = engine.bundle.view
        guard let picture = view.preprocess, let scores = view.scores else {
            throw LoadError(
                message:
                    "\(path.description): the bundle does not say how pictures become scores; "
                    + "build it from a sensor.yaml"
            )
        }
        self.scores = Scores(scores)
        watch = WatchList(view.watches) { Text(view.text($0)) }
        motion = view.motion?.pointee
        masks = Array(view.masks)
        var zones: [Zone] = []
        for number in 0...view.zones.count {
            // Without rules the picture is inferred all the same.
            let isNamed = view.watches.contains { Int($0.zone) == number } || number == 0 && view.watches.isEmpty
            guard isNamed else { continue }
            let part = number == 0 ? nil : view.zones[number - 1].part
            zones.append(Zone(number, picture.pointee, part, masks: Array(view.masks)))
        }
        self.zones = zones
    }

    static func engine(_ path: Path, _ options: Options) throws(LoadError) -> Engine {
        let bundle: Bundle
        do throws(Bundle.OpenError) { bundle = try Bundle(path: path) } catch {
            throw LoadError(message: "\(path.description): \(error.message)")
        }
        do throws(EngineError) {
            return try Engine(bundle, threads: options.threads, repack: options.repack)
        } catch {
            var message = "\(path.description): \(error.message)"
            if case .missingInstructions = error { message += ", or start with --repack" }
            throw LoadError(message: message)
        }
    }

    /// What activations take, the margin for vector kernels included.
    var arenaBytes: Int { engine.arenaBytes }

    /// What the bundle says about the sensor; null texts and zeros if it says nothing.
    var sensor: oc_sensor { engine.bundle.view.sensor?.pointee ?? oc_sensor() }

    /// How pictures become the model's input.
    var picture: oc_preprocess? { engine.bundle.view.preprocess?.pointee }

    /// How the source is run, where the bundle says so.
    var sourceRecord: oc_source_settings? { engine.bundle.view.source?.pointee }

    var lineRecords: UnsafeBufferPointer<oc_line> { engine.bundle.view.lines }

    var controls: UnsafeBufferPointer<oc_control> { engine.bundle.view.controls }

    func text(_ text: oc_text) -> Text { Text(engine.bundle.view.text(text)) }

    /// The sensor's name, or else the model's.
    var name: Text { text(sensor.name.length > 0 ? sensor.name : engine.bundle.view.model.pointee.name) }

    /// Puts the threads and the calling one, which is to infer, onto the bundle's CPUs; what to say where that cannot be.
    func placeThreads() -> String? {
        placement = engine.placeThreads()
        guard case .refused = placement else { return nil }
        return "the threads run wherever Linux puts them\(placementText)"
    }

    /// Behind the number of threads.
    private var placementText: String {
        switch placement {
        case .anywhere: ""
        case .pinned: " on CPU \(cpuList(engine.bundle.view.cpus.map { Int($0) }))"
        case .refused(let cpu): ", not pinned: this machine lacks CPU \(cpu), or keeps it from this process"
        }
    }

    /// What is run.
    var title: String { "model \(engine.bundle.view.string(engine.bundle.view.model.pointee.name))" }

    /// What is run, and how: one line for the log and the first event.
    var summary: String {
        let repacked = engine.repackedFrom.map { " repacked from \($0.name.text)" } ?? ""
        return "\(title), kernels \(engine.kernelSet.name.text)\(repacked), "
            + "threads \(engine.threads)\(placementText)"
    }

    private static var noPicture: String {
        "the model's input is no picture of 1 to \(Preprocessor.sizeLimit) pixels a side with 1 or 3 channels"
    }

    /// What `--bench` converts besides.
    static func frame(_ path: Path, _ shape: FrameShape, _ engine: borrowing Engine) throws(LoadError) -> ArbitraryFrame
    {
        guard let record = engine.bundle.view.preprocess else {
            throw LoadError(
                message: "\(path.description): the bundle does not say how frames become its input; "
                    + "build it from a sensor.yaml")
        }
        do throws(PreprocessorError) { return try ArbitraryFrame(shape, record.pointee) } catch {
            throw LoadError(message: "\(path.description): \(noPicture)")
        }
    }

    /// Whether there is a motion gate.
    var hasGate: Bool { motion != nil }

    /// Decides which zones of a frame are to be inferred.
    /// - Returns: false if none is: nothing moves.
    func looks(at frame: FrameView, at now: Int64) -> Bool {
        wanted = .max
        guard let motion else { return true }
        if gate?.shape != frame.shape {
            gate = MotionGate(
                motion, frame.shape, orientation: picture?.orientation ?? 0, zones: zones.map { $0.part }, masks: masks)
        }
        let moving = gate?.look(frame) ?? .max
        wanted = 0
        for index in zones.indices {
            let bit: UInt32 = 1 << UInt32(index)
            let waits = watch.waits(zone: zones[index].number, at: now)
            if zones[index].wants(moving: moving & bit != 0, waits: waits, at: now, motion) { wanted |= bit }
        }
        return wanted != 0
    }

    /// Infers the zones that `looks` has decided on and gives their scores to the watch rules.
    /// - Parameter saw: takes what the model is about to see of a zone.
    func infer(
        _ frame: FrameView, at now: Int64, saw: (_ input: UnsafeRawBufferPointer, _ zone: Int) -> Void,
        report: (_ object: Text, _ smoothed: UInt32, WatchState.Change) -> Void
    ) throws(LoadError) {
        guard let picture = engine.pictureTensor else { return }
        for index in zones.indices where wanted & 1 << UInt32(index) != 0 {
            do throws(PreprocessorError) { try zones[index].convert(frame, into: picture) } catch {
                throw LoadError(message: Model.noPicture)
            }
            saw(UnsafeRawBufferPointer(picture), zones[index].number)
            infer(zones[index], at: now, report)
        }
    }

    /// Infers the zones that were inferred when the frame was recorded, on what the model saw then.
    func infer(
        _ recording: RecordingReader, at now: Int64,
        report: (_ object: Text, _ smoothed: UInt32, WatchState.Change) -> Void
    ) throws(RecordingError) {
        guard let picture = engine.pictureTensor else { return }
        for zone in zones where recording.has(zone: zone.number) {
            try recording.read(zone: zone.number, into: picture, flip: inputFlip)
            infer(zone, at: now, report)
        }
    }

    private func infer(
        _ zone: Zone, at now: Int64, _ report: (_ object: Text, _ smoothed: UInt32, WatchState.Change) -> Void
    ) {
        guard let tensor = engine.scoreTensor else { return }
        engine.runPicture()
        watch.take(zone: zone.number, at: now, score: { scores.score(of: $0, in: tensor) }, report: report)
    }

    /// What the input's bytes in the arena differ by from the model's own.
    private var inputFlip: UInt8 {
        let view = engine.bundle.view
        guard let picture = view.preprocess else { return 0 }
        let isSigned = UInt32(view.tensors[Int(picture.pointee.tensor)].type) == OC_TYPE_INT8.rawValue
        return isSigned ? UInt8(truncatingIfNeeded: view.model.pointee.flip) : 0
    }

    // MARK: Recording

    /// Of the trained model's file, and of the bundle.
    var checksums: (model: UInt32, bundle: UInt32) {
        let view = engine.bundle.view
        return (view.model.pointee.origin_crc, view.checksum)
    }

    /// What its records have in common.
    var recordFacts: RecordFacts {
        var facts = RecordFacts()
        facts.inputBytes = engine.pictureTensor?.count ?? 0
        facts.flip = inputFlip
        facts.zones = zones.count
        (facts.modelCRC, facts.bundleCRC) = checksums
        if let picture { facts.picture = picture }
        facts.masks = masks
        facts.sensor = Array(name)
        for index in 0..<watch.count {
            let rule = watch.view(index)
            facts.rules.append((Array(rule.object), rule.zone))
        }
        return facts
    }

    /// What is recorded, and where: nil: nothing.
    func recordSettings(_ options: Options) -> RecordSettings? {
        let record = engine.bundle.view.record?.pointee
        var folder = options.record
        if folder == nil, let record, record.folder.length > 0 { folder = Path(text(record.folder)) }
        guard let folder else { return nil }
        var settings = record.map { RecordSettings(folder: folder, $0) } ?? RecordSettings(folder: folder)
        if let budget = options.recordBudget { settings.budget = budget }
        if let frames = options.recordFrames { (settings.before, settings.after) = frames }
        return settings
    }

    /// Nil: `privacy: metadata-only`.
    var pixelPermit: PixelPermit? { engine.bundle.view.pixelPermit }
}
