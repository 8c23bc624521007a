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
    private var picture = Picture()

    /// One result: the frame, where it stands in its clip, its zone's name (nil: the sensor's own crop), and nanoseconds from
    /// decoded picture to outputs.
    typealias Take = (FrameView, Inference.Place?, oc_text?, Int64) throws(Failure) -> Void

    init(_ engine: borrowing Engine, about path: String) throws(Failure) {
        let view = engine.bundle.view
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
        switch input {
        case .picture(let path):
            try decode(path)
            let format: PixelFormat = picture.channels == 3 ? .rgb24 : .grey
            guard let shape = FrameShape(format, width: picture.width, height: picture.height, range: .full),
                let frame = FrameView(shape, packed: UnsafeRawBufferPointer(picture.pixels))
            else { throw Failure(path, "the picture is too large") }
            try run(engine, frame, path, nil, take)
        case .clip(let path, let item):
            let source = try Self.source(item)
            var isEmpty = true
            while let frame = try Self.next(of: source) {
                isEmpty = false
                let place = Inference.Place(frame: frame.number, seconds: Double(frame.time) / 1e9)
                try run(engine, frame.view, path, place, take)
            }
            guard !isEmpty else { throw Failure("\(path): no frame in it") }
        }
    }

    private static func source(_ item: SourceItem) throws(Failure) -> Source {
        do throws(SourceError) { return try Source([item]) } catch { throw Failure(error.message) }
    }

    private static func next(of source: Source) throws(Failure) -> SourceFrame? {
        do throws(SourceError) {
            guard case .frame(let frame) = try source.next() else { return nil }
            return frame
        } catch {
            throw Failure(error.message)
        }
    }

    private mutating func decode(_ path: String) throws(Failure) {
        let file = try WholeFile.read(path)
        do {
            try file.withUnsafeBytes { bytes in try picture.decode(bytes) }
        } catch {
            if let impostor = Impostor(of: file) {
                throw Failure("\(path): \(impostor.description); \(impostor.remedy)")
            }
            throw Failure(path, "\(error)")
        }
    }

    private func run(
        _ engine: borrowing Engine, _ frame: FrameView, _ path: String, _ place: Inference.Place?, _ take: Take
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
                engine.runPicture()
                nanoseconds = Clock.monotonic - start
            } catch {
                throw Failure(path, "the model's input is larger than \(Preprocessor.sizeLimit) pixels a side")
            }
            try take(frame, place, zone.number == 0 ? nil : view.zones[zone.number - 1].name, nanoseconds)
        }
    }
}
