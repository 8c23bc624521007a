/// One direction of a resize: which source samples make each output sample, with exact integer weights.
///
/// Shrinking takes the area average: a source sample counts by how much of it lies under the output sample. Enlarging
/// takes linear interpolation between sample centres (the "half-pixel centres" of the field), clamped at the ends. Every
/// output's weights add up to `total`, so the weighted sum divided by it is exact up to one rounding.
struct ResamplingAxis: ~Copyable {
    /// Output samples.
    let count: Int
    /// What the weights of one output add up to, 1 to 65536.
    let total: Int
    /// Source samples that any output needs.
    let range: Range<Int>

    /// Output i takes taps `offsets[i] ..< offsets[i + 1]` of `weights`, for source samples from `firsts[i]` on.
    private let firsts: UnsafeMutableBufferPointer<Int32>
    private let offsets: UnsafeMutableBufferPointer<Int32>
    private let weights: UnsafeMutableBufferPointer<UInt16>

    /// - Parameters:
    ///   - span: the pixels that become `count` outputs, not empty, within 0 to 16384.
    ///   - subsampling: pixels a source sample spans, 1 or 2 (chroma).
    ///   - count: 1 to `Preprocessor.sizeLimit`.
    init(_ span: Range<Int>, subsampling: Int, count: Int) {
        self.count = count
        let length = span.count
        let isShrinking = length >= count * subsampling
        // Positions are in units in which both an output and a source sample have whole lengths.
        let sample = isShrinking ? count * subsampling : 2 * count * subsampling
        range = span.lowerBound / subsampling..<(span.upperBound + subsampling - 1) / subsampling
        total = isShrinking ? length : sample
        // Shrinking, an output touches at most this many samples; enlarging, two.
        let most = isShrinking ? length / sample + 2 : 2
        firsts = .allocate(capacity: count)
        offsets = .allocate(capacity: count + 1)
        weights = .allocate(capacity: count * most)
        var used = 0
        for output in 0..<count {
            offsets.initializeElement(at: output, to: Int32(used))
            if isShrinking {
                let start = span.lowerBound * count + output * length
                let end = start + length
                firsts.initializeElement(at: output, to: Int32(start / sample))
                for source in start / sample...(end - 1) / sample {
                    let overlap = min(end, (source + 1) * sample) - max(start, source * sample)
                    weights.initializeElement(at: used, to: UInt16(overlap))
                    used += 1
                }
            } else {
                // From the centre of source sample 0 to the output's centre.
                let position = 2 * span.lowerBound * count + (2 * output + 1) * length - sample / 2
                let before = position >= 0 ? position / sample : -1
                let fraction = position - before * sample
                let first = min(max(before, range.lowerBound), range.upperBound - 1)
                let second = min(max(before + 1, range.lowerBound), range.upperBound - 1)
                firsts.initializeElement(at: output, to: Int32(first))
                if first == second || fraction == 0 {
                    weights.initializeElement(at: used, to: UInt16(sample))
                    used += 1
                } else {
                    weights.initializeElement(at: used, to: UInt16(sample - fraction))
                    weights.initializeElement(at: used + 1, to: UInt16(fraction))
                    used += 2
                }
            }
        }
        offsets.initializeElement(at: count, to: Int32(used))
    }

    deinit {
        firsts.deallocate()
        offsets.deallocate()
        weights.deallocate()
    }

    /// First source sample of an output.
    @inline(__always)
    func first(_ output: Int) -> Int { Int(firsts[output]) }

    /// Weights of an output's source samples, from `first(output)` on. Valid as long as the axis.
    @inline(__always)
    func taps(_ output: Int) -> UnsafeBufferPointer<UInt16> {
        UnsafeBufferPointer(rebasing: weights[Int(offsets[output])..<Int(offsets[output + 1])])
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
