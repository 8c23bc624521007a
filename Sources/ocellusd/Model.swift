import Bundle
import CBundle
import Engine
import Events
import Kernels
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
    private let scores: Scores
    private var preprocessor: Preprocessor?

    /// Loads the bundle that `options` name.
    init(_ options: Options) throws(LoadError) {
        let path = options.bundle
        engine = try Model.engine(path, options)
        let view = engine.bundle.view
        guard view.preprocess != nil, let scores = view.scores else {
            throw LoadError(
                message:
                    "\(path.description): the bundle does not say how pictures become scores; "
                    + "build it from a sensor.yaml"
            )
        }
        self.scores = Scores(scores)
        watch = WatchList(view.watches) { Text(view.text($0)) }
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

    /// One line for the log and the first event.
    var summary: String {
        let model = engine.bundle.view.model.pointee
        let repacked = engine.repackedFrom.map { " repacked from \($0.name.text)" } ?? ""
        return "model \(engine.bundle.view.string(model.name)), kernels \(engine.kernelSet.name.text)\(repacked), "
            + "threads \(engine.threads)"
    }

    /// Turns a frame into scores. Frames of another shape than the last cost a new set-up.
    func infer(_ frame: FrameView) throws(LoadError) {
        guard let tensor = engine.pictureTensor, let record = engine.bundle.view.preprocess else { return }
        if preprocessor?.shape != frame.shape {
            do throws(PreprocessorError) { preprocessor = try Preprocessor(record.pointee, frame.shape) } catch {
                throw LoadError(
                    message:
                        "the model's input is no picture of 1 to \(Preprocessor.sizeLimit) pixels a side "
                        + "with 1 or 3 channels"
                )
            }
        }
        preprocessor?.convert(frame, into: tensor)
        engine.runPicture()
    }

    /// Gives the last frame's scores to the watch rules.
    func watch(at now: Int64, report: (_ object: Text, _ smoothed: UInt32, WatchState.Change) -> Void) {
        guard let tensor = engine.scoreTensor else { return }
        watch.take(at: now, score: { scores.score(of: $0, in: tensor) }, report: report)
    }
}
