// Elements eight at a time. The compiler may not take sums and extremes of floats in another order by itself.

extension UnsafeBufferPointer<Float> {
    /// Calls `body` with eight elements after another, the last ones filled up with zeros.
    @inlinable @inline(__always)
    public func byEights(_ body: (SIMD8<Float>) -> Void) {
        let whole = count & ~7
        for index in stride(from: 0, to: whole, by: 8) { body(eight(at: index)) }
        if whole < count { body(rest(from: whole)) }
    }

    /// The same of two buffers of one length.
    @inlinable @inline(__always)
    public func byEights(with other: Self, _ body: (SIMD8<Float>, SIMD8<Float>) -> Void) {
        let whole = count & ~7
        for index in stride(from: 0, to: whole, by: 8) { body(eight(at: index), other.eight(at: index)) }
        if whole < count { body(rest(from: whole), other.rest(from: whole)) }
    }

    /// The same of three.
    @inlinable @inline(__always)
    public func byEights(with second: Self, _ third: Self, _ body: (SIMD8<Float>, SIMD8<Float>, SIMD8<Float>) -> Void) {
        let whole = count & ~7
        for index in stride(from: 0, to: whole, by: 8) {
            body(eight(at: index), second.eight(at: index), third.eight(at: index))
        }
        if whole < count { body(rest(from: whole), second.rest(from: whole), third.rest(from: whole)) }
    }

    /// The sum of products with another buffer's elements, of one length.
    func product(with other: Self) -> Float {
        let whole = count & ~31
        var sums: (SIMD8<Float>, SIMD8<Float>, SIMD8<Float>, SIMD8<Float>) = (.zero, .zero, .zero, .zero)
        for index in stride(from: 0, to: whole, by: 32) {
            sums.0 += eight(at: index) * other.eight(at: index)
            sums.1 += eight(at: index + 8) * other.eight(at: index + 8)
            sums.2 += eight(at: index + 16) * other.eight(at: index + 16)
            sums.3 += eight(at: index + 24) * other.eight(at: index + 24)
        }
        var sum = sums.0 + sums.1 + (sums.2 + sums.3)
        UnsafeBufferPointer(rebasing: self[whole...]).byEights(with: UnsafeBufferPointer(rebasing: other[whole...])) {
            sum += $0 * $1
        }
        return sum.sum()
    }

    @inlinable @inline(__always)
    func eight(at index: Int) -> SIMD8<Float> {
        // Eight elements from `index` on are within the buffer: so says the caller.
        UnsafeRawPointer(baseAddress.unsafelyUnwrapped + index).loadUnaligned(as: SIMD8<Float>.self)
    }

    /// Fewer than eight elements, the last ones, and zeros.
    @inlinable @inline(__always)
    func rest(from start: Int) -> SIMD8<Float> {
        var rest = SIMD8<Float>.zero
        for index in start..<count { rest[index - start] = self[index] }
        return rest
    }
}

extension UnsafeMutableBufferPointer<Float> {
    /// Replaces each element by what `body` makes of it.
    @inlinable @inline(__always)
    public func mapByEights(_ body: (SIMD8<Float>) -> SIMD8<Float>) {
        UnsafeBufferPointer(self).mapByEights(into: self, body)
    }
}

extension UnsafeBufferPointer<Float> {
    /// Writes what `body` makes of each element; `target` may be the same place.
    @inlinable @inline(__always)
    public func mapByEights(
        into target: UnsafeMutableBufferPointer<Float>, _ body: (SIMD8<Float>) -> SIMD8<Float>
    ) {
        let whole = count & ~7
        for index in stride(from: 0, to: whole, by: 8) {
            UnsafeMutableRawPointer(target.baseAddress.unsafelyUnwrapped + index).storeBytes(
                of: body(eight(at: index)), as: SIMD8<Float>.self)
        }
        guard whole < count else { return }
        let last = body(rest(from: whole))
        for index in whole..<count { target[index] = last[index - whole] }
    }
}

extension SIMD8<Float> {
    @inlinable @inline(__always)
    public func atLeast(_ other: Self) -> Self { replacing(with: other, where: self .< other) }

    @inlinable @inline(__always)
    public func atMost(_ other: Self) -> Self { replacing(with: other, where: self .> other) }

    /// To whole numbers, of two the even one; for magnitudes below 2^22.
    @inlinable @inline(__always)
    public var rounded: Self { (self + Self.whole) - Self.whole }

    /// 1.5 * 2^23: a sum with it has no bit for a fraction.
    @inlinable @inline(__always)
    static var whole: Self { Self(repeating: 12_582_912) }
}
