import Bundle
import CBundle
import Detectors
import Engine
import Events
import Kernels
import Recording
import Sensors
import System
import Vision

/// A loaded bundle, ready for frames.
public final class Model {
    public struct LoadError: Error {
        public let message: String
        /// Bytes of memory that could not be had, 0 if it is not known how many; nil: that is not why.
        var missing: Int64?

        public init(message: String) { self.init(message: message, missing: nil) }

        init(message: String, missing: Int64?) {
            self.message = message
            self.missing = missing
        }
    }

    let file: BundleFile
    private let engine: Engine
    private var placement = Placement.anywhere
    private let scores: Scores?
    private let detector: Detector?
    private let cascade: Cascade?
    private let leastScore: UInt32?  // of boxes that the tracker looks at
    private let zones: [Zone]  // that rules name
    private let motion: oc_motion?
    private let masks: [oc_region]
    private var gate: MotionGate?
    private var wanted: UInt32 = 0  // zones to infer, a bit each

    /// - Parameter room: bytes of memory that the arena may take at most; nil: as many as can be had.
    public init(_ file: BundleFile, _ options: Options, room: Int64? = nil) throws(LoadError) {
        self.file = file
        engine = try Model.engine(file, options, room: room)
        let view = engine.bundle.view
        guard let picture = view.preprocess, view.scores != nil || view.detector != nil else {
            throw LoadError(
                message:
                    "\(file.path.description): the bundle does not say how pictures become scores; "
                    + "build it from a sensor.yaml"
            )
        }
        scores = view.scores.map { Scores($0) }
        detector = Detector(view)
        do throws(EngineError) { cascade = try Cascade(of: engine, repack: options.repack) } catch {
            throw Model.failure(file, error)
        }
        leastScore = view.tracker?.pointee.low
        motion = view.motion?.pointee
        masks = Array(view.masks)
        var zones: [Zone] = []
        for number in view.inferredZones {
            let part = number == 0 ? nil : view.zones[number - 1].part
            zones.append(Zone(number, picture.pointee, part, masks: Array(view.masks)))
        }
        self.zones = zones
    }

    public static func engine(_ file: BundleFile, _ options: Options, room: Int64? = nil) throws(LoadError) -> Engine {
        let bundle = try file.open()
        do throws(EngineError) {
            return try Engine(bundle, threads: options.threads, repack: options.repack, room: room)
        } catch {
            throw failure(file, error)
        }
    }

    private static func failure(_ file: BundleFile, _ error: EngineError) -> LoadError {
        var failure = LoadError(message: "\(file.path.description): \(error.message)")
        switch error {
        case .missingInstructions: failure = LoadError(message: failure.message + ", or start with --repack")
        case .noMemory(let bytes): failure.missing = Int64(clamping: bytes)
        case .system(.noMemory): failure.missing = 0
        default: break
        }
        return failure
    }

    /// The bundle's watch rules, with empty memories.
    func makeWatchList() -> WatchList {
        WatchList(engine.bundle.view)
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

    /// What topics begin with; empty: what is usual.
    func topic(_ options: Options) -> Text { options.topic ?? text(sensor.topic) }

    /// Puts the threads and the calling one, which is to infer, onto the bundle's CPUs; what to say where that cannot be.
    public func placeThreads() -> String? {
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
    public var summary: String {
        let repacked = engine.repackedFrom.map { " repacked from \($0.name.text)" } ?? ""
        return "\(title), kernels \(engine.kernelSet.name.text)\(repacked), "
            + "threads \(engine.threads)\(placementText)"
    }

    public static var noPicture: String {
        "the model's input is no picture of 1 to \(Preprocessor.sizeLimit) pixels a side with 1 or 3 channels"
    }

    /// Parts of the frame that the model sees, each as a picture of its own.
    var parts: [oc_region] { zones.map { $0.part } }

    /// Whether there is a motion gate.
    var hasGate: Bool { motion != nil }

    /// Decides which zones of a frame are to be inferred.
    /// - Returns: false if none is: nothing moves.
    func looks(at frame: FrameView, at now: Int64, for watch: borrowing WatchList) -> Bool {
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
    /// - Parameters:
    ///   - saw: takes what the model is about to see of a zone.
    ///   - heard: takes what the second model says of an object.
    func infer(
        _ frame: FrameView, at now: Int64, for watch: inout WatchList,
        saw: (_ input: UnsafeRawBufferPointer, _ zone: Int) -> Void, heard: (SecondAnswer) -> Void,
        report: WatchList.Report
    ) throws(LoadError) {
        guard let picture = engine.pictureTensor else { return }
        for index in zones.indices where wanted & 1 << UInt32(index) != 0 {
            do throws(PreprocessorError) {
                try zones[index].convert(frame, into: picture)
                // Before the first object is there: later frames allocate nothing.
                try cascade?.prepare(for: frame.shape)
            } catch {
                throw LoadError(message: Model.noPicture)
            }
            saw(UnsafeRawBufferPointer(picture), zones[index].number)
            infer(zones[index], of: frame.shape, at: now, for: &watch, report)
            guard detector != nil else { continue }
            while let cascade, let subject = watch.nextSubject(at: now) {
                let answer: Cascade.Answer?
                do throws(PreprocessorError) { answer = try cascade.answer(frame, subject.box) } catch {
                    throw LoadError(message: Model.noPicture)
                }
                let vote = cascade.vote(answer)
                watch.take(answer: vote, of: subject, at: now)
                heard(SecondAnswer(track: subject.track, subLabel: vote))
            }
            watch.judge(at: now, report: report)
        }
    }

    /// Infers the zones that were inferred when the frame was recorded, on what the model saw then.
    func infer(
        _ recording: RecordingReader, at now: Int64, for watch: inout WatchList,
        report: WatchList.Report
    ) throws(RecordingError) {
        guard let picture = engine.pictureTensor else { return }
        for zone in zones where recording.has(zone: zone.number) {
            try recording.read(zone: zone.number, into: picture, flip: inputFlip)
            infer(zone, of: shape(of: recording), at: now, for: &watch, report)
            guard detector != nil else { continue }
            while let subject = watch.nextSubject(at: now) {
                if let answer = recording.answer(of: subject.track) {
                    watch.take(answer: answer.subLabel, of: subject, at: now)
                } else {
                    watch.pass(subject, at: now)
                }
            }
            watch.judge(at: now, report: report)
        }
    }

    private func infer(
        _ zone: Zone, of shape: FrameShape, at now: Int64, for watch: inout WatchList, _ report: WatchList.Report
    ) {
        engine.runPicture()
        if let detector {
            let placement = zone.placement(of: shape)
            detector.read(engine, least: leastScore, placement)
            watch.follow(
                detector.detections, width: placement.frame.width, height: placement.frame.height, at: now,
                report: report)
            return
        }
        guard let scores, let tensor = engine.scoreTensor else { return }
        watch.take(zone: zone.number, at: now, score: { scores.score(of: $0, in: tensor) }, report: report)
    }

    /// That of the frame that was recorded; of one that says nothing of it, as if it were the model's picture.
    private func shape(of recording: RecordingReader) -> FrameShape {
        let sides = (recording.frame?.width ?? 0, recording.frame?.height ?? 0)
        let own = (Int(picture?.width ?? 1), Int(picture?.height ?? 1))
        return FrameShape(.grey, width: sides.0, height: sides.1) ?? FrameShape(.grey, width: own.0, height: own.1)!
    }

    /// What the input's bytes in the arena differ by from the model's own.
    private var inputFlip: UInt8 {
        picture.map { engine.flip(of: engine.bundle.view.tensors[Int($0.tensor)]) } ?? 0
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
        facts.objects = WatchList.objectNumbers(engine.bundle.view)
        facts.answers = Int(engine.bundle.view.cascade?.pointee.most ?? 0)
        for crossing in engine.bundle.view.crossings { facts.crossings.append(Array(text(crossing.name))) }
        for rule in engine.bundle.view.watches { facts.rules.append((Array(text(rule.name)), Int(rule.zone))) }
        return facts
    }

    /// How it is recorded, where the bundle says so.
    var record: oc_record? { engine.bundle.view.record?.pointee }

    /// Nil: `privacy: metadata-only`.
    var pixelPermit: PixelPermit? { engine.bundle.view.pixelPermit }
}
