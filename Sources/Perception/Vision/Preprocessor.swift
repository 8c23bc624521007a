import CBundle
import CKernels

/// Why frames of this kind cannot become the input.
public enum PreprocessorError: Error, Equatable, Sendable {
    /// Width or height of the input is 0 or above `Preprocessor.sizeLimit`.
    case size
    /// The input has neither one channel nor three.
    case channels
    /// `fit` is none of `oc_fit`.
    case fit
}

/// Frames of one shape become input tensors: crop, resize, colour and quantization in one pass over the frame.
///
/// All arithmetic is on integers and so gives the same bytes on every processor. Luma and chroma are resized each from its
/// own resolution (see `ResamplingAxis`; chroma samples lie in the middle of their pixels), kept in 1/256, turned into
/// grey or RGB by ITU-R BT.601, rounded to 0...255 and looked up in the record's tables. Luma of
/// limited range is spread to 0...255, for grey inputs as well.
public struct Preprocessor: ~Copyable {
    /// Width and height of an input are 1 to this.
    public static var sizeLimit: Int { Int(OC_MAX_INPUT_SIDE) }

    public let shape: FrameShape
    /// Bytes of the input tensor: height * width * channels.
    public let bytes: Int

    private var geometry: Geometry
    private let record: (orientation: UInt8, fit: oc_fit)
    private let sides: (width: Int, height: Int)  // of the input as the frame lies
    private let placement: (origin: Int, rowStep: Int, columnStep: Int)
    private let line: UnsafeMutablePointer<UInt8>?  // a row before it is turned
    private let channels: Int
    private let colour: oc_pixels_equation
    private let tables: UnsafeMutablePointer<UInt8>  // three of 256
    private let redFirst: Bool
    private let fill: (UInt8, UInt8, UInt8)  // of the bars, in the tensor's order of channels

    private let luma: Resampler
    private let chroma: Resampler?
    private let neutral: UnsafeMutablePointer<UInt16>?  // chroma of grey frames whose luma is to be spread

    /// Prepares for frames of one shape; all memory is allocated here.
    /// - Parameter moves: whether `move` will take other parts of the frame.
    public init(_ record: oc_preprocess, _ shape: FrameShape, moves: Bool = false) throws(PreprocessorError) {
        guard 1...UInt32(Preprocessor.sizeLimit) ~= record.width, 1...UInt32(Preprocessor.sizeLimit) ~= record.height
        else { throw .size }
        guard record.channels == 1 || record.channels == 3 else { throw .channels }
        guard record.fit <= UInt8(OC_FIT_CONTAIN.rawValue) else { throw .fit }
        let orientation = Orientation(record.orientation)
        let sides = orientation.sides(ofInput: Int(record.width), Int(record.height))
        let geometry = Geometry(
            frame: (shape.width, shape.height), input: sides,
            crop: orientation.part([
                Int(record.crop.0), Int(record.crop.1), Int(record.crop.2), Int(record.crop.3),
            ]),
            fit: oc_fit(rawValue: UInt32(record.fit)))
        let tables = UnsafeMutablePointer<UInt8>.allocate(capacity: 768)
        withUnsafeBytes(of: record.table) { source in
            UnsafeMutableRawBufferPointer(start: tables, count: 768).copyMemory(from: source)
        }
        let channels = Int(record.channels)
        let room = moves ? sides : nil
        let luma = Resampler(shape, .light, geometry, moves: room)
        let chroma = channels == 3 && shape.format.hasChroma ? Resampler(shape, .chroma, geometry, moves: room) : nil
        let isSpread = channels == 3 && shape.format == .grey && shape.range == .limited
        let block = Int(OC_PIXELS_BLOCK)
        let lineRoom = (sides.width + block - 1) / block * block
        // Members last: Swift 6.3, for size, releases the two resamplers before they are there where a throw or a branch
        // comes between the first member and the last.
        self.shape = shape
        self.sides = sides
        placement = orientation.placement(ofInput: Int(record.width), Int(record.height))
        self.channels = channels
        bytes = sides.width * sides.height * channels
        redFirst = record.bgr == 0
        colour = oc_pixels_equation(shape.range)
        self.geometry = geometry
        self.record = (record.orientation, oc_fit(rawValue: UInt32(record.fit)))
        self.tables = tables
        fill = (tables[Int(record.fill)], tables[256 + Int(record.fill)], tables[512 + Int(record.fill)])
        self.luma = luma
        self.chroma = chroma
        neutral = isSpread ? .allocate(capacity: lineRoom) : nil
        neutral?.initialize(repeating: 128 << 8, count: lineRoom)
        line = orientation.isUpright ? nil : .allocate(capacity: sides.width * channels)
    }

    /// Takes another part of the frame than the record's crop. Allocates nothing.
    /// - Parameter part: of the upright frame; only of what was made to move.
    public mutating func move(to part: oc_region) {
        geometry = Geometry(
            frame: (shape.width, shape.height), input: sides,
            crop: Orientation(record.orientation).part([
                Int(part.x), Int(part.y), Int(part.width), Int(part.height),
            ]), fit: record.fit)
        luma.move(to: geometry)
        chroma?.move(to: geometry)
    }

    private var hasBars: Bool {
        geometry.targetColumns.count < sides.width || geometry.targetRows.count < sides.height
    }

    deinit {
        tables.deallocate()
        line?.deallocate()
        neutral?.deallocate()
    }

    /// Writes the input tensor, row by row, channels innermost. Allocates nothing.
    /// - Parameters:
    ///   - frame: of `shape`.
    ///   - tensor: `bytes` bytes.
    @_optimize(speed)
    public mutating func convert(_ frame: FrameView, into tensor: UnsafeMutableRawBufferPointer) {
        precondition(frame.shape == shape, "a frame of another shape")
        precondition(tensor.count >= bytes, "the tensor is too small")
        guard let base = tensor.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        if hasBars { paintBars(base) }
        let columns = geometry.targetColumns
        for row in 0..<geometry.targetRows.count {
            luma.resample(frame, row: row)
            chroma?.resample(frame, row: row)
            let pixels = base + place(columns.lowerBound, geometry.targetRows.lowerBound + row)
            if let line {
                write(line, count: columns.count)
                scatter(line, to: pixels, count: columns.count)
            } else {
                write(pixels, count: columns.count)
            }
        }
    }

    /// Offset of a pixel in the input.
    @inline(__always)
    private func place(_ column: Int, _ row: Int) -> Int {
        (placement.origin + row * placement.rowStep + column * placement.columnStep) * channels
    }

    private func scatter(_ line: UnsafePointer<UInt8>, to pixels: UnsafeMutablePointer<UInt8>, count: Int) {
        var pixel = pixels
        let step = placement.columnStep * channels
        for index in 0..<count {
            pixel[0] = line[index * channels]
            if channels == 3 {
                pixel[1] = line[index * 3 + 1]
                pixel[2] = line[index * 3 + 2]
            }
            // Past the last pixel would be outside the tensor.
            if index + 1 < count { pixel += step }
        }
    }

    @inline(__always)
    @_optimize(speed)
    private func write(_ pixels: UnsafeMutablePointer<UInt8>, count: Int) {
        let first = luma.samples(0)
        let order = ChannelTables(tables: tables, redFirst: redFirst)
        switch (shape.format, channels) {
        case (.rgb24, 1), (.bgr24, 1):
            PixelRows.grey(first, luma.samples(1), luma.samples(2), tables, into: pixels, count: count)
        case (.rgb24, _), (.bgr24, _):
            PixelRows.colour(first, luma.samples(1), luma.samples(2), order, into: pixels, count: count)
        case (.bayer, _):
            let green = luma.samples(1)
            PixelRows.average(green, luma.samples(2), count: count)
            if channels == 1 {
                PixelRows.grey(first, green, luma.samples(3), tables, into: pixels, count: count)
            } else {
                PixelRows.colour(first, green, luma.samples(3), order, into: pixels, count: count)
            }
        case (.grey, 3):
            if let neutral {
                var equation = colour
                oc_pixels_colour(first, neutral, neutral, &equation, tables, redFirst ? 0 : 2, pixels, count)
                return
            }
            PixelRows.colour(first, first, first, order, into: pixels, count: count)
        case (_, 1):
            var equation = colour
            oc_pixels_light(first, &equation, tables, pixels, count)
        default:
            guard let chroma else { return }
            var equation = colour
            oc_pixels_colour(
                first, chroma.samples(0), chroma.samples(1), &equation, tables, redFirst ? 0 : 2, pixels, count)
        }
    }

    private func paintBars(_ base: UnsafeMutablePointer<UInt8>) {
        // The arena's bytes were others' meanwhile, so the bars are painted anew for each frame.
        let columns = geometry.targetColumns
        for row in 0..<sides.height {
            let isBar = !geometry.targetRows.contains(row)
            for column in 0..<sides.width where isBar || !columns.contains(column) {
                let pixel = base + place(column, row)
                pixel[0] = fill.0
                if channels == 3 {
                    pixel[1] = fill.1
                    pixel[2] = fill.2
                }
            }
        }
    }
}

extension PixelFormat {
    /// Whether colour lies beside the light.
    fileprivate var hasChroma: Bool {
        switch self {
        case .yuv420, .yuyv, .uyvy, .nv12, .nv21: true
        case .grey, .rgb24, .bgr24, .bayer: false
        }
    }
}
