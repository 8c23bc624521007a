import CKernels

/// One direction of a resize: which source samples make each output sample, with exact integer weights.
///
/// Shrinking takes the area average: a source sample counts by how much of it lies under the output sample. Enlarging
/// takes linear interpolation between sample centres (the "half-pixel centres" of the field), clamped at the ends. Every
/// output's weights add up to `total`, so the weighted sum divided by it is exact up to one rounding.
struct ResamplingAxis: ~Copyable {
    /// Output samples.
    private(set) var count = 0
    /// What the weights of one output add up to, 1 to 65536.
    private(set) var total = 1
    /// Source samples that any output needs.
    private(set) var range = 0..<0
    /// Samples that make an output: some of them may count nothing.
    private(set) var taps = 1
    private let subsampling: Int

    /// Output i takes samples from `range.lowerBound + firsts[i]` on, times the weights from `weights[i * taps]` on.
    private let firsts: UnsafeMutableBufferPointer<Int32>
    private let weights: UnsafeMutableBufferPointer<UInt16>

    /// - Parameters:
    ///   - span: the pixels that become `count` outputs, not empty, within 0 to 16384.
    ///   - subsampling: pixels a source sample spans, 1 or 2 (chroma).
    ///   - count: 1 to `Preprocessor.sizeLimit`.
    ///   - room: other spans and counts up to these may follow.
    init(_ span: Range<Int>, subsampling: Int, count: Int, room: (span: Int, count: Int)? = nil) {
        self.subsampling = subsampling
        firsts = .allocate(capacity: room?.count ?? count)
        // Shrinking, all outputs together touch each sample once, and one more each at either end; enlarging, two each.
        let most = room.map { $0.span / subsampling + 3 * $0.count }
        weights = .allocate(capacity: (most ?? count * Self.taps(span, subsampling, count)) + 1)
        set(span, count: count)
    }

    /// Shrinking, an output touches at most this many samples; enlarging, two.
    private static func taps(_ span: Range<Int>, _ subsampling: Int, _ count: Int) -> Int {
        let samples = (span.upperBound + subsampling - 1) / subsampling - span.lowerBound / subsampling
        guard span.count >= count * subsampling else { return min(2, samples) }
        return min((span.count + count * subsampling - 2) / (count * subsampling) + 1, samples)
    }

    /// Takes other pixels, or makes other outputs of them. Allocates nothing.
    mutating func set(_ span: Range<Int>, count: Int) {
        self.count = count
        let length = span.count
        let isShrinking = length >= count * subsampling
        // Positions are in units in which both an output and a source sample have whole lengths.
        let sample = isShrinking ? count * subsampling : 2 * count * subsampling
        range = span.lowerBound / subsampling..<(span.upperBound + subsampling - 1) / subsampling
        total = isShrinking ? length : sample
        taps = Self.taps(span, subsampling, count)
        for index in 0..<count * taps { weights[index] = 0 }
        for output in 0..<count {
            if isShrinking {
                let start = span.lowerBound * count + output * length
                let end = start + length
                let first = begin(output, at: start / sample)
                for source in start / sample...(end - 1) / sample {
                    let overlap = min(end, (source + 1) * sample) - max(start, source * sample)
                    weights[output * taps + source - first] = UInt16(overlap)
                }
            } else {
                // From the centre of source sample 0 to the output's centre.
                let position = 2 * span.lowerBound * count + (2 * output + 1) * length - sample / 2
                let before = position >= 0 ? position / sample : -1
                let fraction = position - before * sample
                let lower = min(max(before, range.lowerBound), range.upperBound - 1)
                let upper = min(max(before + 1, range.lowerBound), range.upperBound - 1)
                let first = begin(output, at: lower)
                if lower == upper || fraction == 0 {
                    weights[output * taps + lower - first] = UInt16(sample)
                } else {
                    weights[output * taps + lower - first] = UInt16(sample - fraction)
                    weights[output * taps + upper - first] = UInt16(fraction)
                }
            }
        }
    }

    /// Sets and returns the first sample of an output that needs those from `source` on: earlier where all taps would reach
    /// past the last sample.
    private func begin(_ output: Int, at source: Int) -> Int {
        let first = min(source, range.upperBound - taps)
        firsts[output] = Int32(first - range.lowerBound)
        return first
    }

    deinit {
        firsts.deallocate()
        weights.deallocate()
    }

    /// The samples that count for an output, and their weights, which are valid as long as the axis.
    @inline(__always)
    func parts(of output: Int) -> (first: Int, weights: UnsafeBufferPointer<UInt16>) {
        var start = 0
        var end = taps
        while start < end - 1, weights[output * taps + start] == 0 { start += 1 }
        while end > start + 1, weights[output * taps + end - 1] == 0 { end -= 1 }
        return (
            range.lowerBound + Int(firsts[output]) + start,
            UnsafeBufferPointer(rebasing: weights[output * taps + start..<output * taps + end])
        )
    }

    /// As the C loops want it, for samples that begin with the first of `range`.
    var record: oc_pixels_axis {
        oc_pixels_axis(firsts: firsts.baseAddress, weights: weights.baseAddress, count: Int32(count), taps: Int32(taps))
    }
}

/// Division by a number that stays the same, as one multiplication: exact for dividends below 2^50 and divisors 2 to 2^33.
///
/// With 2^(s+1) <= divisor < 2^(s+2) and multiplier = ceil(2^(64+s) / divisor), the multiplier is too large by less than
/// divisor / divisor, so a quotient is too large by less than dividend / 2^(64+s) < 2^(-14-s) < 1 / divisor: never enough to
/// reach the next whole number (Granlund and Montgomery, "Division by Invariant Integers using Multiplication", 1994).
struct InvariantDivision {
    private let multiplier: UInt64
    private let shift: UInt64

    init(by divisor: UInt64) {
        shift = UInt64(62 - divisor.leadingZeroBitCount)
        let (quotient, remainder) = divisor.dividingFullWidth((high: 1 << shift, low: 0))
        multiplier = remainder == 0 ? quotient : quotient + 1
    }

    @inline(__always)
    func quotient(_ dividend: UInt64) -> UInt64 {
        dividend.multipliedFullWidth(by: multiplier).high &>> shift
    }
}
