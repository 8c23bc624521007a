import Bundle
import CBundle
import Engine
import System
import Vision
import Watching

/// A frame of arbitrary bytes, for measuring its conversion.
struct ArbitraryFrame: ~Copyable {
    private let bytes: UnsafeMutableRawBufferPointer
    private let shape: FrameShape
    private var preprocessor: Preprocessor

    init(_ shape: FrameShape, _ record: oc_preprocess) throws(PreprocessorError) {
        preprocessor = try Preprocessor(record, shape)
        self.shape = shape
        bytes = .allocate(byteCount: shape.bytes, alignment: 64)
        var state: UInt32 = 1
        for index in bytes.indices {
            state = state &* 1_664_525 &+ 1_013_904_223
            bytes[index] = UInt8(truncatingIfNeeded: state >> 24)
        }
    }

    deinit { bytes.deallocate() }

    mutating func convert(into tensor: UnsafeMutableRawBufferPointer) {
        guard let view = FrameView(shape, packed: UnsafeRawBufferPointer(bytes)) else { return }
        preprocessor.convert(view, into: tensor)
    }
}

extension Model {
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
}
