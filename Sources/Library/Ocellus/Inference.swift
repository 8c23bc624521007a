import CBundle
import Engine
import System
import Vision

/// One inference: every input is written, `run`, outputs and scores are read. Inputs and outputs share memory, so inputs are
/// written anew for each run, and what a run gave goes when the next input is written; a call out of this order is an error.
extension Model {
    /// Copies an input in.
    /// - Parameter bytes: all of the tensor's, in the model's type.
    /// - Throws: there is no such input, or it takes another number of bytes.
    public mutating func write(_ bytes: RawSpan, toInput index: Int = 0) throws(ModelError) {
        guard 0..<inputCount ~= index else {
            throw ModelError("there is no input \(index), the model has \(inputCount)")
        }
        let count = Int(engine.inputTensor(index).bytes)
        guard bytes.byteCount == count else {
            throw ModelError("input \(index) takes \(count) bytes, not \(bytes.byteCount)")
        }
        preparation.write(input: index)
        bytes.withUnsafeBytes { engine.write($0, toInput: index) }
    }

    /// Makes the input of a picture as the bundle says: cropped, turned, resized, quantized, its masks painted over.
    /// - Parameters:
    ///   - pixels: its rows from the top, planes one behind the other.
    ///   - width: 1 to 16384, as the height; even for formats with pairs of pixels.
    ///   - stride: bytes from one row of the first plane to the next; nil: rows without padding.
    /// - Throws: the model takes no pictures, or the pixels are too few for the picture.
    public mutating func write(
        picture pixels: RawSpan, _ format: PixelFormat, width: Int, height: Int, stride: Int? = nil
    ) throws(ModelError) {
        guard let target = engine.pictureTensor else {
            throw ModelError(
                "the bundle does not say how pictures become the model's input; build it from a sensor file, or write the input"
            )
        }
        guard let shape = FrameShape(format.ofVision, width: width, height: height) else {
            throw ModelError(
                "a picture of \(width) x \(height) pixels; "
                    + "each side has 1 to \(FrameShape.limit), and an even number where pixels come in pairs")
        }
        let rowBytes = shape.rowBytes(ofPlane: 0)
        let isWhole: Bool
        do throws(PreprocessorError) {
            isWhole = try pixels.withUnsafeBytes { (bytes) throws(PreprocessorError) -> Bool in
                guard let frame = FrameView(shape, bytes, stride: stride ?? rowBytes) else { return false }
                try picture?.convert(frame, into: target)
                return true
            }
        } catch {
            throw ModelError("the model's input is no picture of 1 to \(Preprocessor.sizeLimit) pixels a side")
        }
        guard isWhole else {
            throw ModelError(
                "\(pixels.byteCount) bytes, \(stride ?? rowBytes) a row, are no picture of \(width) x \(height) pixels; "
                    + "without padding its rows have \(rowBytes) bytes and all of it \(shape.bytes)")
        }
        preparation.writePicture()
    }

    /// One inference.
    /// - Throws: an input has not been written since the last run.
    public mutating func run() throws(ModelError) {
        if let missing = preparation.missingInput {
            throw ModelError("input \(missing) is not written; all inputs are written before each run")
        }
        if preparation.isPicture { engine.runPicture() } else { engine.run() }
        preparation.run()
    }

    /// Copies an output out.
    /// - Parameter bytes: room for all of the tensor's, in the model's type.
    /// - Throws: there is no such output, it has another number of bytes, or there is no result.
    public func read(output index: Int = 0, into bytes: inout MutableRawSpan) throws(ModelError) {
        try checkOutput(index)
        let count = Int(engine.outputTensor(index).bytes)
        guard bytes.byteCount == count else {
            throw ModelError("output \(index) has \(count) bytes, not \(bytes.byteCount)")
        }
        bytes.withUnsafeMutableBytes { engine.read(output: index, into: $0) }
    }

    /// An output as an array of all its bytes, in the model's type.
    /// - Throws: there is no such output, or no result.
    public func output(_ index: Int = 0) throws(ModelError) -> [UInt8] {
        try checkOutput(index)
        var bytes = [UInt8](repeating: 0, count: Int(engine.outputTensor(index).bytes))
        bytes.withUnsafeMutableBytes { engine.read(output: index, into: $0) }
        return bytes
    }

    private func checkOutput(_ index: Int) throws(ModelError) {
        guard 0..<outputCount ~= index else {
            throw ModelError("there is no output \(index), the model has \(outputCount)")
        }
        try checkResult()
    }

    func checkResult() throws(ModelError) {
        guard preparation.hasRun else {
            throw ModelError("there is no result; run the model, and read before the next input is written")
        }
    }
}
