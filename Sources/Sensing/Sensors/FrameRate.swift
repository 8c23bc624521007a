import CLinux
import System

/// Frames a second, as a fraction.
public struct FrameRate: Equatable, Sendable {
    public let frames: Int64
    public let seconds: Int64

    /// Nil unless both are at least 1 and their ratio is 0.001 to 1000. Of numbers that 31 bits do not hold the last bits
    /// are left out.
    public init?(frames: Int64, seconds: Int64 = 1) {
        var (frames, seconds) = (frames, seconds)
        guard frames >= 1, seconds >= 1 else { return nil }
        while max(frames, seconds) > Int64(Int32.max) { (frames, seconds) = (frames >> 1, seconds >> 1) }
        guard seconds <= frames * 1000, frames <= seconds * 1000 else { return nil }
        self.frames = frames
        self.seconds = seconds
    }

    /// Reads "30", "29.97" or "30000/1001" (or with a colon). Nil unless that is all and between 0.001 and 1000.
    public init?(parsing text: some Collection<UInt8>) {
        let bytes = Array(text)
        if let slash = bytes.firstIndex(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ":") }) {
            guard let frames = Int64(decimal: bytes[..<slash]), let seconds = Int64(decimal: bytes[(slash + 1)...]),
                let rate = FrameRate(frames: frames, seconds: seconds)
            else { return nil }
            self = rate
            return
        }
        guard let rate = Double(decimal: bytes), rate >= 0.001, rate <= 1000 else { return nil }
        self.init(frames: Int64(rate * 1000 + 0.5), seconds: 1000)
    }

    /// No frame's time is later, in nanoseconds (146 years): times and intervals can be added without overflow.
    static var lastInstant: Int64 { .max / 2 }

    /// Nanoseconds from frame 0 to frame `number`, rounded down, at most `lastInstant`.
    /// - Parameter number: at least 0.
    public func time(ofFrame number: Int64) -> Int64 {
        let (whole, rest) = number.quotientAndRemainder(dividingBy: frames)
        // rest and seconds have 31 bits: the product with 10^9 needs more than 64, so in two steps.
        let (high, low) = (rest * seconds).quotientAndRemainder(dividingBy: frames)
        let (wholeSeconds, isTooLong) = whole.multipliedReportingOverflow(by: seconds)
        guard !isTooLong, wholeSeconds < FrameRate.lastInstant / 1_000_000_000 - high else {
            return FrameRate.lastInstant
        }
        return (wholeSeconds + high) * 1_000_000_000 + low * 1_000_000_000 / frames
    }
}

extension Double {
    /// A plain decimal number that is the whole text.
    init?(decimal text: [UInt8]) {
        var value = 0.0
        let used = text.withUnsafeBytes { oc_parse_double($0.baseAddress, $0.count, &value) }
        guard used > 0, used == text.count else { return nil }
        self = value
    }
}
