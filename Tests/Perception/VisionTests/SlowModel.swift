import CBundle

@testable import Vision

/// The conversion said in the plainest way, to compare with: each output pixel looks at every sample of the frame and asks
/// for its exact weight.
struct SlowModel {
    let record: oc_preprocess
    let shape: FrameShape
    let frame: [UInt8]

    func convert() -> [UInt8] {
        let input = (Int(record.width), Int(record.height))
        let crop = [record.crop.0, record.crop.1, record.crop.2, record.crop.3].map(Int.init)
        let geometry = Geometry(
            frame: (shape.width, shape.height), input: input, crop: [crop[0], crop[1], crop[2], crop[3]],
            fit: oc_fit(rawValue: UInt32(record.fit)))
        var tensor: [UInt8] = []
        for y in 0..<input.1 {
            for x in 0..<input.0 {
                var pixel = [Int(record.fill), Int(record.fill), Int(record.fill)]
                if geometry.targetColumns.contains(x), geometry.targetRows.contains(y) {
                    pixel = colour(x - geometry.targetColumns.lowerBound, y - geometry.targetRows.lowerBound, geometry)
                    if record.bgr != 0, record.channels == 3 { pixel.reverse() }
                }
                for channel in 0..<Int(record.channels) { tensor.append(lookUp(channel, pixel[channel])) }
            }
        }
        return tensor
    }

    private func lookUp(_ channel: Int, _ value: Int) -> UInt8 {
        withUnsafeBytes(of: record.table) { $0[256 * channel + value] }
    }

    private func colour(_ x: Int, _ y: Int, _ geometry: Geometry) -> [Int] {
        func sample(_ name: Character) -> Int { self.sample(name, x, y, geometry) }
        let isGrey = record.channels == 1
        switch shape.format {
        case .grey where shape.range == .full:
            let value = (sample("Y") + 128) / 256
            return [value, value, value]
        case .rgb24:
            let (red, green, blue) = (sample("R"), sample("G"), sample("B"))
            if isGrey { return [(19595 * red + 38470 * green + 7471 * blue + 1 << 23) >> 24] }
            return [red, green, blue].map { ($0 + 128) / 256 }
        default:
            let isFull = shape.range == .full
            let light = (sample("Y") - (isFull ? 0 : 4096)) * (isFull ? 8192 : 9539)
            func pixel(_ value: Int) -> Int { min(max((value + 1 << 20) >> 21, 0), 255) }
            if isGrey { return [pixel(light)] }
            // Grey frames are those whose chroma is neutral.
            let isColour = shape.format != .grey
            let (blueness, redness) = isColour ? (sample("U") - 32768, sample("V") - 32768) : (0, 0)
            return isFull
                ? [
                    pixel(light + 11485 * redness), pixel(light - 2819 * blueness - 5850 * redness),
                    pixel(light + 14516 * blueness),
                ]
                : [
                    pixel(light + 13075 * redness), pixel(light - 3209 * blueness - 6660 * redness),
                    pixel(light + 16525 * blueness),
                ]
        }
    }

    /// A component at an output pixel, in 1/256, rounded to nearest, half up.
    private func sample(_ name: Character, _ x: Int, _ y: Int, _ geometry: Geometry) -> Int {
        let isChroma = name == "U" || name == "V"
        let across = isChroma ? 2 : 1
        let down = isChroma && shape.format != .yuyv ? 2 : 1
        let columns = weights(geometry.columns, across, geometry.targetColumns.count, x)
        let rows = weights(geometry.rows, down, geometry.targetRows.count, y)
        var sum = 0
        for (row, down) in rows {
            for (column, across) in columns { sum += down * across * value(name, column, row) }
        }
        let total = rows.map(\.1).reduce(0, +) * columns.map(\.1).reduce(0, +)
        return (2 * 256 * sum + total) / (2 * total)
    }

    /// Source samples with weights above 0 for one output.
    private func weights(_ span: Range<Int>, _ sub: Int, _ count: Int, _ output: Int) -> [(Int, Int)] {
        let samples = span.lowerBound / sub...(span.upperBound - 1) / sub
        if span.count >= count * sub {
            // Area: lengths in 1/count of a pixel.
            let start = span.lowerBound * count + output * span.count
            return samples.map { sample in
                let covered = min(start + span.count, (sample + 1) * sub * count) - max(start, sample * sub * count)
                return (sample, max(0, covered))
            }
        }
        // Linear: distances between centres in 1/(2 * count) of a pixel; the ends stand for all that lies beyond them.
        let unit = 2 * count * sub
        let centre = 2 * span.lowerBound * count + (2 * output + 1) * span.count
        func distance(_ sample: Int) -> Int { abs(centre - (2 * sample + 1) * sub * count) }
        let (first, last) = (samples.lowerBound, samples.upperBound)
        if centre <= (2 * first + 1) * sub * count { return [(first, unit)] }
        if centre >= (2 * last + 1) * sub * count { return [(last, unit)] }
        return samples.map { ($0, max(0, unit - distance($0))) }
    }

    private func value(_ name: Character, _ x: Int, _ y: Int) -> Int {
        let (width, height) = (shape.width, shape.height)
        let (halfWidth, halfHeight) = ((width + 1) / 2, (height + 1) / 2)
        let index: Int =
            switch (shape.format, name) {
            case (.rgb24, "R"): (y * width + x) * 3
            case (.rgb24, "G"): (y * width + x) * 3 + 1
            case (.rgb24, _): (y * width + x) * 3 + 2
            case (.yuyv, "Y"): y * 2 * width + 2 * x
            case (.yuyv, "U"): y * 2 * width + 4 * x + 1
            case (.yuyv, _): y * 2 * width + 4 * x + 3
            case (.nv12, "U"): width * height + y * 2 * halfWidth + 2 * x
            case (.nv12, "V"): width * height + y * 2 * halfWidth + 2 * x + 1
            case (.yuv420, "U"): width * height + y * halfWidth + x
            case (.yuv420, "V"): width * height + halfWidth * halfHeight + y * halfWidth + x
            default: y * width + x
            }
        return Int(frame[index])
    }
}

/// The same numbers in every run (Marsaglia's xorshift).
struct Repeatable: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = 0x9E37_79B9_7F4A_7C15 ^ seed }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }
}

func makeRecord(
    _ width: Int, _ height: Int, channels: Int, fit: oc_fit = OC_FIT_STRETCH, bgr: Bool = false, fill: UInt8 = 0,
    crop: (UInt16, UInt16, UInt16, UInt16) = (0, 0, 65535, 65535), table: (Int, Int) -> UInt8 = { UInt8($1) }
) -> oc_preprocess {
    var record = oc_preprocess()
    record.width = UInt32(width)
    record.height = UInt32(height)
    record.channels = UInt32(channels)
    record.fit = UInt8(fit.rawValue)
    record.bgr = bgr ? 1 : 0
    record.fill = fill
    record.crop = crop
    withUnsafeMutableBytes(of: &record.table) { bytes in
        for channel in 0..<3 {
            for value in 0..<256 { bytes[256 * channel + value] = table(channel, value) }
        }
    }
    return record
}

func convert(_ record: oc_preprocess, _ shape: FrameShape, _ frame: [UInt8]) throws -> [UInt8] {
    var preprocessor = try Preprocessor(record, shape)
    // What was in the tensor must not matter.
    var tensor = [UInt8](repeating: 0xa5, count: preprocessor.bytes)
    frame.withUnsafeBytes { bytes in
        tensor.withUnsafeMutableBytes { tensor in
            if let view = FrameView(shape, packed: bytes) { preprocessor.convert(view, into: tensor) }
        }
    }
    return tensor
}
