/// Writes pictures as baseline JPEG files (ITU-T T.81, JFIF): grey, or colour with halved chroma.
///
/// All arithmetic is on integers, so the same picture gives the same file on every processor, and no library needs to be
/// there: the static daemon has none. All memory is allocated at the start.
public struct JPEGEncoder: ~Copyable {
    private struct Code {
        var bits: UInt16 = 0
        var length: UInt8 = 0
    }

    /// A Huffman code.
    private struct Codes {
        let counts: [16 of UInt8]  // of each length
        let symbols: UnsafeMutablePointer<UInt8>  // in the order of their codes
        let symbolCount: Int
        let codes: UnsafeMutablePointer<Code>  // of each symbol

        init(_ counts: [16 of UInt8], _ symbolCount: Int) {
            self.counts = counts
            self.symbolCount = symbolCount
            symbols = .allocate(capacity: symbolCount)
            for index in 0..<symbolCount { symbols[index] = UInt8(truncatingIfNeeded: index) }
            codes = .allocate(capacity: 256)
            codes.initialize(repeating: Code(), count: 256)
        }

        /// Gives each symbol its code: those of one length are consecutive numbers.
        @inline(never)
        func number() {
            var next: UInt16 = 0
            var index = 0
            for length in 0..<16 {
                for _ in 0..<counts[length] {
                    codes[Int(symbols[index])] = Code(bits: next, length: UInt8(length + 1))
                    next &+= 1
                    index += 1
                }
                next = next &<< 1
            }
        }
    }

    private struct Tables {
        let steps: UnsafeMutablePointer<UInt8>  // 64, in the order of a file
        let direct: Codes
        let others: Codes

        func deallocate() {
            steps.deallocate()
            direct.symbols.deallocate()
            direct.codes.deallocate()
            others.symbols.deallocate()
            others.codes.deallocate()
        }
    }

    private let light: Tables
    private let colour: Tables
    private let block: UnsafeMutablePointer<Int32>  // 64 samples, then coefficients
    private let pixels: UnsafeMutablePointer<UInt8>  // of a unit: four blocks of light, one of Cb, one of Cr
    private var output = JPEGBits()

    /// - Parameter quality: 1 to 100; 50 takes the quantization of T.81's Annex K as it is.
    public init(quality: Int) {
        let scale = quality < 50 ? 5000 / max(quality, 1) : 200 - 2 * min(quality, 100)
        light = Tables(
            steps: .allocate(capacity: 64), direct: Codes(JPEGTables.lightDirectCounts, 12),
            others: Codes(JPEGTables.lightCounts, 162))
        colour = Tables(
            steps: .allocate(capacity: 64), direct: Codes(JPEGTables.colourDirectCounts, 12),
            others: Codes(JPEGTables.colourCounts, 162))
        block = .allocate(capacity: 64)
        pixels = .allocate(capacity: 6 * 64)
        for index in 0..<64 {
            let place = Int(JPEGTables.zigzag[index])
            let isLow = place % 8 < 4 && place / 8 < 4
            let step = isLow ? Int(JPEGTables.colourSteps[place / 8 * 4 + place % 8]) : 99
            light.steps[index] = JPEGEncoder.step(Int(JPEGTables.lightSteps[place]), scale)
            colour.steps[index] = JPEGEncoder.step(step, scale)
        }
        for index in 0..<162 {
            light.others.symbols[index] = JPEGTables.lightSymbols[index]
            colour.others.symbols[index] = JPEGTables.colourSymbols[index]
        }
        light.direct.number()
        light.others.number()
        colour.direct.number()
        colour.others.number()
    }

    deinit {
        light.deallocate()
        colour.deallocate()
        block.deallocate()
        pixels.deallocate()
    }

    private static func step(_ base: Int, _ scale: Int) -> UInt8 { UInt8(min(max((base * scale + 50) / 100, 1), 255)) }

    /// Writes a whole file. Allocates nothing.
    /// - Parameters:
    ///   - picture: rows from the top without gaps; grey (1 channel) or red, green, blue (3).
    ///   - width: 1 to 65535, as is the height.
    /// - Returns: the file's bytes; nil if it does not fit into `file`.
    public mutating func encode(
        _ picture: UnsafeRawBufferPointer, width: Int, height: Int, channels: Int,
        into file: UnsafeMutableRawBufferPointer
    ) -> Int? {
        precondition(1...65535 ~= width && 1...65535 ~= height && (channels == 1 || channels == 3))
        precondition(picture.count >= width * height * channels)
        guard let base = picture.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return nil }
        output = JPEGBits(file)
        writeHeader(width, height, channels)
        var (before, beforeCb, beforeCr): (Int32, Int32, Int32) = (0, 0, 0)
        if channels == 1 {
            for top in stride(from: 0, to: height, by: 8) {
                for left in stride(from: 0, to: width, by: 8) {
                    takeGrey(base, width, height, left, top)
                    write(0, light, &before)
                }
            }
        } else {
            for top in stride(from: 0, to: height, by: 16) {
                for left in stride(from: 0, to: width, by: 16) {
                    takeColour(base, width, height, left, top)
                    for part in 0..<4 { write(part, light, &before) }
                    write(4, colour, &beforeCb)
                    write(5, colour, &beforeCr)
                }
            }
        }
        output.fillByte()
        output.append(marker: 0xd9)
        return output.count
    }

    // MARK: Header

    private mutating func writeHeader(_ width: Int, _ height: Int, _ channels: Int) {
        output.append(marker: 0xd8)
        output.append(marker: 0xe0, length: 16)
        for index in 0..<14 { output.append(JPEGTables.interchange[index]) }
        writeSteps(0, light)
        if channels == 3 { writeSteps(1, colour) }
        output.append(marker: 0xc0, length: 8 + 3 * channels)
        output.append(8)
        output.append(word: height)
        output.append(word: width)
        output.append(UInt8(channels))
        for component in 0..<channels {
            output.append(UInt8(component + 1))
            output.append(component == 0 && channels == 3 ? 0x22 : 0x11)
            output.append(component == 0 ? 0 : 1)
        }
        writeCodes(0x00, light.direct)
        writeCodes(0x10, light.others)
        if channels == 3 {
            writeCodes(0x01, colour.direct)
            writeCodes(0x11, colour.others)
        }
        output.append(marker: 0xda, length: 6 + 2 * channels)
        output.append(UInt8(channels))
        for component in 0..<channels {
            output.append(UInt8(component + 1))
            output.append(component == 0 ? 0x00 : 0x11)
        }
        // All coefficients in one scan.
        output.append(0)
        output.append(63)
        output.append(0)
    }

    @inline(never)
    private mutating func writeSteps(_ number: UInt8, _ tables: Tables) {
        output.append(marker: 0xdb, length: 67)
        output.append(number)
        for index in 0..<64 { output.append(tables.steps[index]) }
    }

    @inline(never)
    private mutating func writeCodes(_ number: UInt8, _ codes: Codes) {
        output.append(marker: 0xc4, length: 19 + codes.symbolCount)
        output.append(number)
        for length in 0..<16 { output.append(codes.counts[length]) }
        for index in 0..<codes.symbolCount { output.append(codes.symbols[index]) }
    }

    // MARK: Pixels

    // Units that reach over the edge repeat its pixels.

    private func takeGrey(_ base: UnsafePointer<UInt8>, _ width: Int, _ height: Int, _ left: Int, _ top: Int) {
        for row in 0..<8 {
            let line = base + min(top + row, height - 1) * width
            for column in 0..<8 { pixels[8 * row + column] = line[min(left + column, width - 1)] }
        }
    }

    /// ITU-R BT.601 of full range as JFIF has it, weights in 1/65536; four pixels share the average of their chroma.
    @_optimize(speed)
    private func takeColour(_ base: UnsafePointer<UInt8>, _ width: Int, _ height: Int, _ left: Int, _ top: Int) {
        for row in 0..<8 {
            for column in 0..<8 {
                var (red, green, blue): (Int32, Int32, Int32) = (0, 0, 0)
                for part in 0..<4 {
                    let y = 2 &* row &+ part >> 1
                    let x = 2 &* column &+ part & 1
                    let pixel = base + 3 &* (min(top &+ y, height &- 1) &* width &+ min(left &+ x, width &- 1))
                    let (r, g, b) = (Int32(pixel[0]), Int32(pixel[1]), Int32(pixel[2]))
                    let place = (y >> 3 &* 2 &+ x >> 3) &* 64 &+ (y & 7) &* 8 &+ x & 7
                    pixels[place] = UInt8(
                        truncatingIfNeeded: (r &* 19595 &+ g &* 38470 &+ b &* 7471 &+ 32768) >> 16)
                    red &+= r
                    green &+= g
                    blue &+= b
                }
                // Sums of four, so 18 bits; 128 and one half are added, less than one half so that 255 is the most.
                let bias: Int32 = 128 << 18 &+ 131071
                let place = 8 &* row &+ column
                pixels[256 &+ place] = UInt8(
                    truncatingIfNeeded: (bias &- red &* 11059 &- green &* 21709 &+ blue &* 32768) >> 18)
                pixels[320 &+ place] = UInt8(
                    truncatingIfNeeded: (bias &+ red &* 32768 &- green &* 27439 &- blue &* 5329) >> 18)
            }
        }
    }

    // MARK: Coefficients

    @inline(never)
    private mutating func write(_ part: Int, _ tables: Tables, _ before: inout Int32) {
        let samples = pixels + 64 &* part
        for index in 0..<64 { block[index] = Int32(samples[index]) &- 128 }
        JPEGTransform.forward(block)
        let direct = quantized(0, tables.steps[0])
        writeDifference(direct &- before, tables)
        before = direct
        var zeros: UInt8 = 0
        for index in 1..<64 {
            let value = quantized(index, tables.steps[index])
            if value == 0 {
                zeros &+= 1
                continue
            }
            while zeros > 15 {
                emit(tables.others.codes[0xf0])  // sixteen zeros
                zeros &-= 16
            }
            let bits = JPEGEncoder.bits(of: value)
            emit(tables.others.codes[Int(zeros &<< 4 | UInt8(bits))])
            emit(value, bits)
            zeros = 0
        }
        if zeros > 0 { emit(tables.others.codes[0]) }  // the rest are zeros
    }

    @inline(never)
    private mutating func writeDifference(_ difference: Int32, _ tables: Tables) {
        let bits = JPEGEncoder.bits(of: difference)
        emit(tables.direct.codes[bits])
        emit(difference, bits)
    }

    @inline(__always)
    private func quantized(_ index: Int, _ step: UInt8) -> Int32 {
        let value = block[Int(JPEGTables.zigzag[index])]
        let unit = Int32(step) &<< JPEGTransform.fraction
        // Rounded to nearest, away from zero.
        let size = (abs(value) &+ unit >> 1) / unit
        return value < 0 ? 0 &- size : size
    }

    @inline(__always)
    private static func bits(of value: Int32) -> Int { 32 &- value.magnitude.leadingZeroBitCount }

    @inline(__always)
    private mutating func emit(_ code: Code) { output.append(bits: UInt32(code.bits), Int(code.length)) }

    /// A number of so many bits; negative ones as their ones' complement.
    @inline(__always)
    private mutating func emit(_ value: Int32, _ bits: Int) {
        let coded = UInt32(bitPattern: value < 0 ? value &- 1 : value)
        output.append(bits: coded & (1 &<< UInt32(bits) &- 1), bits)
    }
}

/// The bytes of a file in a buffer of fixed size.
struct JPEGBits {
    private let base: UnsafeMutablePointer<UInt8>?
    private let capacity: Int
    private var position = 0
    private var pending: UInt32 = 0
    private var pendingBits = 0

    init() {
        base = nil
        capacity = 0
    }

    init(_ buffer: UnsafeMutableRawBufferPointer) {
        base = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        capacity = base == nil ? 0 : buffer.count
    }

    /// Nil: more than fit.
    var count: Int? { position <= capacity ? position : nil }

    @inline(never)
    mutating func append(_ byte: UInt8) {
        if position < capacity { base?[position] = byte }
        position += 1
    }

    @inline(never)
    mutating func append(word: Int) {
        append(UInt8(truncatingIfNeeded: word >> 8))
        append(UInt8(truncatingIfNeeded: word))
    }

    @inline(never)
    mutating func append(marker: UInt8, length: Int? = nil) {
        append(0xff)
        append(marker)
        if let length { append(word: length) }
    }

    /// At most 16 bits.
    @inline(__always)
    mutating func append(bits: UInt32, _ count: Int) {
        pending = pending &<< UInt32(count) | bits
        pendingBits &+= count
        while pendingBits >= 8 {
            pendingBits &-= 8
            let byte = UInt8(truncatingIfNeeded: pending &>> UInt32(pendingBits))
            append(byte)
            if byte == 0xff { append(0) }  // or it would be taken for a marker
        }
    }

    /// Ones up to the next byte.
    mutating func fillByte() {
        if pendingBits > 0 { append(bits: 1 &<< UInt32(8 - pendingBits) - 1, 8 - pendingBits) }
    }
}

/// The discrete cosine transform of T.81 (A.3.3) on integers.
enum JPEGTransform {
    /// Bits of a coefficient behind the point.
    static let fraction: Int32 = 3

    // cos(k * pi / 16) / 2 in 1/8192; k = 4 is that of the mean too.
    private static let c1: Int32 = 4017
    private static let c2: Int32 = 3784
    private static let c3: Int32 = 3406
    private static let c4: Int32 = 2896
    private static let c5: Int32 = 2276
    private static let c6: Int32 = 1567
    private static let c7: Int32 = 799

    /// 64 samples of -128 to 127, row by row, become coefficients.
    @_optimize(speed)
    static func forward(_ block: UnsafeMutablePointer<Int32>) {
        // Rows keep 4 bits behind the point: at most 13 + 4 bits.
        for row in 0..<8 { transform(block + 8 &* row, 1, 9) }
        for column in 0..<8 { transform(block + column, 8, 13 &+ 4 &- fraction) }
    }

    /// Even coefficients come of the sums of mirrored samples, odd ones of their differences.
    @inline(__always)
    private static func transform(_ line: UnsafeMutablePointer<Int32>, _ step: Int, _ shift: Int32) {
        let (s0, d0) = (line[0] &+ line[7 &* step], line[0] &- line[7 &* step])
        let (s1, d1) = (line[step] &+ line[6 &* step], line[step] &- line[6 &* step])
        let (s2, d2) = (line[2 &* step] &+ line[5 &* step], line[2 &* step] &- line[5 &* step])
        let (s3, d3) = (line[3 &* step] &+ line[4 &* step], line[3 &* step] &- line[4 &* step])
        let (e0, o0) = (s0 &+ s3, s0 &- s3)
        let (e1, o1) = (s1 &+ s2, s1 &- s2)
        let half: Int32 = 1 &<< (shift &- 1)
        line[0] = ((e0 &+ e1) &* c4 &+ half) &>> shift
        line[4 &* step] = ((e0 &- e1) &* c4 &+ half) &>> shift
        line[2 &* step] = (o0 &* c2 &+ o1 &* c6 &+ half) &>> shift
        line[6 &* step] = (o0 &* c6 &- o1 &* c2 &+ half) &>> shift
        line[step] = (d0 &* c1 &+ d1 &* c3 &+ d2 &* c5 &+ d3 &* c7 &+ half) &>> shift
        line[3 &* step] = (d0 &* c3 &- d1 &* c7 &- d2 &* c1 &- d3 &* c5 &+ half) &>> shift
        line[5 &* step] = (d0 &* c5 &- d1 &* c1 &+ d2 &* c7 &+ d3 &* c3 &+ half) &>> shift
        line[7 &* step] = (d0 &* c7 &- d1 &* c5 &+ d2 &* c3 &- d3 &* c1 &+ half) &>> shift
    }
}
