import Boards
import Bundle
import CBundle
import Engine
import Pictures
import Sensors
import System
import Vision
import Watching

/// Takes pictures and clips into the model, as the sensor does: zone by zone, with its masks.
struct FrameRunner: ~Copyable {
    /// As `oc_watch.zone` counts.
    let zones: [Int]
    private let converters: [Zone]
    /// The last step to run; nil: all are run.
    private let last: Int?
    private var reader = FrameReader()

    /// One result: the frame, where it stands in its clip, its zone as `oc_watch.zone` counts, and nanoseconds from decoded picture
    /// to outputs.
    typealias Take = (FrameView, Inference.Place?, Int, Int64) throws(Failure) -> Void

    /// - Parameter last: the last step to run; nil: all are run.
    init(_ engine: borrowing Engine, about path: String, through last: Int? = nil) throws(Failure) {
        let view = engine.bundle.view
        self.last = last
        guard engine.pictureTensor != nil, let record = view.preprocess?.pointee else {
            let input = engine.inputCount > 0 ? engine.describe(engine.inputTensor(0)).text : "none"
            if engine.inputCount > 1 {
                let others = (1..<engine.inputCount).map { engine.describe(engine.inputTensor($0)).text }
                throw Failure(
                    "\(path): takes more than a picture: \(others.joined(separator: ", ")); give all inputs with --input-raw, or "
                        + "values for these in a sensor file (inputs: in docs/sensor-file.md)")
            }
            throw Failure(
                "\(path): takes no pictures, its first input is \(input); give its tensors with --input-raw")
        }
        zones = view.inferredZones
        converters = zones.map { Zone($0, record, $0 == 0 ? nil : view.zones[$0 - 1].part, masks: Array(view.masks)) }
    }

    /// - Parameter take: called for each zone of each frame while the outputs are there.
    mutating func run(_ engine: borrowing Engine, _ input: RunInput, _ take: Take) throws(Failure) {
        let (converters, last) = (converters, last)
        try reader.read(input) { (frame, place) throws(Failure) in
            try Self.run(engine, converters, frame, input.name, place, through: last, take)
        }
    }

    /// Puts a frame's part for the first of the zones into the model's input, and runs nothing.
    func fill(_ engine: borrowing Engine, with frame: FrameView, about path: String) throws(Failure) {
        guard let target = engine.pictureTensor, let zone = converters.first else { return }
        do throws(PreprocessorError) { try zone.convert(frame, into: target) } catch { throw Self.tooLarge(path) }
    }

    private static func tooLarge(_ path: String) -> Failure {
        Failure(path, "the model's input is larger than \(Preprocessor.sizeLimit) pixels a side")
    }

    private static func run(
        _ engine: borrowing Engine, _ converters: [Zone], _ frame: FrameView, _ path: String,
        _ place: Inference.Place?, through last: Int?, _ take: Take
    ) throws(Failure) {
        guard let target = engine.pictureTensor else { return }
        let view = engine.bundle.view
        for zone in converters {
            let nanoseconds: Int64
            do throws(PreprocessorError) {
                // The set-up for frames of a shape is no part of an inference.
                try zone.prepare(for: frame.shape)
                let start = Clock.monotonic
                try zone.convert(frame, into: target)
                if let last {
                    let first = view.preprocess.map { Int($0.pointee.skip_steps) } ?? 0
                    for index in first..<max(first, last + 1) { engine.runStep(index) }
                } else {
                    engine.runPicture()
                }
                nanoseconds = Clock.monotonic - start
            } catch {
                throw tooLarge(path)
            }
            try take(frame, place, zone.number, nanoseconds)
        }
    }
}
