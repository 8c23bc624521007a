/// Cuts a stream of JPEG files into frames, by their markers (ITU-T T.81, annex B). What lies between two, such as the
/// headers of `multipart/x-mixed-replace`, is skipped. A pre-view inside a frame's application segments does not end it.
struct JPEGCutter {
    /// Bytes between two frames: the headers of a part.
    private static var mostBetween: Int { 512 }

    private enum Place {
        /// Before a frame's first byte.
        case outside
        /// Behind 0xff outside a frame.
        case atStart
        /// Where a marker is to come.
        case between
        /// Behind 0xff there.
        case atMarker
        /// Before a segment's length, of which one byte may be known.
        case length(UInt8?)
        /// In a segment: bytes that are left.
        case segment(Int)
        /// In coded pixels.
        case scan
        /// Behind 0xff there.
        case inScan
    }

    enum Cut: Equatable {
        /// All bytes belong to the frame that was begun, or to none.
        case none
        /// A frame ends before this byte.
        case end(Int)
        /// A new frame's first two bytes end here, before the last one had ended.
        case anew(Int)
    }

    private var place = Place.outside
    private var marker: UInt8 = 0
    private var last: UInt32 = 0  // bytes of a segment, the newest in the lowest eight bits
    private var sinceEnd = Int.max  // bytes of it behind the last marker of a frame's end

    /// Whether bytes are a frame's.
    var isInFrame: Bool {
        switch place {
        case .outside, .atStart: false
        default: true
        }
    }

    /// Forgets a frame that was begun.
    mutating func reset() { place = .outside }

    /// Takes bytes until something happens.
    /// - Parameter index: where to begin; afterwards behind the last byte taken.
    mutating func take(_ bytes: UnsafeRawBufferPointer, from index: inout Int) -> Cut {
        while index < bytes.count {
            if case .segment(let left) = place {
                if skipSegment(left, bytes, &index) { return .anew(index) }
                continue
            }
            let byte = bytes[index]
            index += 1
            switch place {
            case .outside: if byte == 0xff { place = .atStart }
            case .atStart:
                if byte == 0xd8 {
                    place = .between
                    return .anew(index)
                }
                place = byte == 0xff ? .atStart : .outside
            // Bytes too many before a marker do no harm.
            case .between: if byte == 0xff { place = .atMarker }
            case .scan: if byte == 0xff { place = .inScan }
            case .atMarker, .inScan:
                let cut = takeMarker(byte, at: index)
                if cut != .none { return cut }
            case .length(nil): place = .length(byte)
            case .length(.some(let high)):
                let length = Int(high) << 8 | Int(byte)
                place = length > 2 ? .segment(length - 2) : marker == 0xda ? .scan : .between
            case .segment: break
            }
        }
        return .none
    }

    /// - Returns: whether a new frame's first two bytes end at `index`: the last was cut short in this segment, or the segment's
    ///   length is damaged. Application segments and comments can hold other files; there one must end before another begins.
    private mutating func skipSegment(_ left: Int, _ bytes: UnsafeRawBufferPointer, _ index: inout Int) -> Bool {
        let holdsFiles = 0xe0...0xef ~= marker || marker == 0xfe
        let end = index + min(left, bytes.count - index)
        let start = index
        while index < end {
            last = last << 8 | UInt32(bytes[index])
            if last & 0xffff == 0xffd9 { sinceEnd = 0 } else if sinceEnd < .max { sinceEnd += 1 }
            if last & 0xffffff == 0xffd8ff, !holdsFiles || sinceEnd <= JPEGCutter.mostBetween {
                place = .between
                return true
            }
            index += 1
        }
        place = end - start == left ? (marker == 0xda ? .scan : .between) : .segment(left - (end - start))
        return false
    }

    private mutating func takeMarker(_ byte: UInt8, at index: Int) -> Cut {
        switch byte {
        case 0xff: return .none  // fill bytes
        case 0xd9:
            place = .outside
            return .end(index)
        case 0xd8:
            place = .between
            return .anew(index)
        case 0, 0x01, 0xd0...0xd7:
            if case .inScan = place { place = .scan } else { place = .between }
        default:
            marker = byte
            last = 0
            sinceEnd = .max
            place = .length(nil)
        }
        return .none
    }
}
