import Boards
import CBundle
import Graph
import Quantization
import Reference
import Pictures
import System
import Vision

/// Pictures as a float model's input takes them: cropped, resized and scaled as the bundle will do it.
struct CalibrationPictures {
    /// `[1, height, width, channels]`.
    private let shape: [Int]
    private let scale: SensorFile.PixelScale
    /// With a table that leaves pixels as they are.
    private var record: oc_preprocess
    /// Pixels of each, of the input's size, channels in the input's order.
    private var pictures: [[UInt8]] = []

    /// - Parameters:
    ///   - input: how a sensor treats its frames.
    ///   - scale: what a pixel means.
    ///   - remedy: what to do where the model takes others inputs.
    init(
        _ graph: Graph, _ input: SensorFile.Input, _ scale: SensorFile.PixelScale, about path: String,
        remedy: String = "only models of pictures are calibrated today"
    ) throws(Failure) {
        let tensor = graph[graph.inputs[0]]
        guard graph.inputs.count == 1, tensor.shape.count == 4, tensor.shape[0] == 1, [1, 3].contains(tensor.shape[3]),
            max(tensor.shape[1], tensor.shape[2]) <= Int(OC_MAX_INPUT_SIDE)
        else {
            throw Failure(
                path,
                "its inputs are not one picture ([1, height, width, 1 or 3]); \(remedy)")
        }
        shape = tensor.shape
        self.scale = scale
        if case .normalized(let mean, let std) = scale {
            guard mean.count == std.count, [1, tensor.shape[3]].contains(mean.count) else {
                throw Failure(
                    path,
                    "\(mean.count) means and \(std.count) deviations for \(Format.count(tensor.shape[3], "channel")); give one "
                        + "of both, or one for each")
            }
        }
        record = input.record(height: tensor.shape[1], width: tensor.shape[2], channels: tensor.shape[3])
        withUnsafeMutableBytes(of: &record.table) { table in
            for index in table.indices { table[index] = UInt8(truncatingIfNeeded: index) }
        }
    }

    var count: Int { pictures.count }

    /// Appends the frames of pictures, folders and clips.
    /// - Parameter progress: called with how many there are so far.
    mutating func read(_ paths: [String], progress: (Int) -> Void) throws(Failure) {
        var reader = FrameReader()
        var converter = PictureInput(record, masks: [])
        for input in try RunInput.all(paths) {
            progress(pictures.count)
            try reader.read(input) { (frame, _) throws(Failure) in
                pictures.append(try Self.pixels(frame, &converter, shape, about: input.name))
            }
        }
    }

    /// One frame as the model's input.
    func input(_ frame: FrameView, about path: String) throws(Failure) -> RealBuffer {
        var converter = PictureInput(record, masks: [])
        return Self.buffer(try Self.pixels(frame, &converter, shape, about: path), table)
    }

    /// Where the input lies in frames of a shape.
    func placement(of shape: FrameShape) -> FramePlacement { FramePlacement(record, shape) }

    /// Appends pictures that are made up.
    mutating func makeUp(_ count: Int) {
        for number in 0..<count {
            pictures.append(MadeUpPicture(height: shape[1], width: shape[2], channels: shape[3], number: number).pixels)
        }
    }

    private static func pixels(
        _ frame: FrameView, _ converter: inout PictureInput, _ shape: [Int], about path: String
    ) throws(Failure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: shape.reduce(1, *))
        var failure: PreprocessorError?
        bytes.withUnsafeMutableBytes { target in
            do throws(PreprocessorError) { try converter.convert(frame, into: target) } catch { failure = error }
        }
        if failure != nil {
            throw Failure(path, "the model's input is larger than \(Preprocessor.sizeLimit) pixels a side")
        }
        return bytes
    }

    /// What each pixel means, by channel.
    private var table: [[Float]] {
        (0..<shape[3]).map { channel in
            (UInt8.min...UInt8.max).map { Float(scale.real($0, channel: channel) ?? Double($0)) }
        }
    }

    private static func buffer(_ pixels: [UInt8], _ table: [[Float]]) -> RealBuffer {
        let buffer = RealBuffer(repeating: 0, count: pixels.count)
        buffer.modify { values in
            for element in pixels.indices { values[element] = table[element % table.count][Int(pixels[element])] }
        }
        return buffer
    }

    /// What the model is given of them, in float32.
    var samples: Samples {
        let (table, pictures) = (table, pictures)
        return Samples(count: pictures.count) { index in [Self.buffer(pictures[index], table)] }
    }

    /// All that a pixel can be.
    var range: ClosedRange<Float> {
        let ends = (0..<shape[3]).flatMap { channel in
            [UInt8.min, .max].map { Float(scale.real($0, channel: channel) ?? Double($0)) }
        }
        return (ends.min() ?? 0)...(ends.max() ?? 1)
    }
}
