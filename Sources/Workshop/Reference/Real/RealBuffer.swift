import Graph

/// The float32 elements of one tensor, row-major. Written once by the operation that makes them, then only read.
public final class RealBuffer {
    let base: UnsafeMutablePointer<Float>
    public let count: Int

    /// Elements of any value.
    init(count: Int) {
        self.count = count
        base = .allocate(capacity: max(count, 1))
    }

    public convenience init(repeating value: Float, count: Int) {
        self.init(count: count)
        base.update(repeating: value, count: count)
    }

    public convenience init(_ values: [Float]) {
        self.init(count: values.count)
        values.withUnsafeBufferPointer { values in
            if let start = values.baseAddress { base.update(from: start, count: count) }
        }
    }

    deinit { base.deallocate() }

    /// For whoever made the buffer, before anybody else reads it. The pointer is good while the call lasts, as the buffer is.
    public func modify(_ body: (UnsafeMutableBufferPointer<Float>) -> Void) {
        withExtendedLifetime(self) { body(UnsafeMutableBufferPointer(start: base, count: count)) }
    }

    public func withElements<Result>(_ body: (UnsafeBufferPointer<Float>) -> Result) -> Result {
        withExtendedLifetime(self) { body(UnsafeBufferPointer(start: base, count: count)) }
    }

    public var array: [Float] { withElements { Array($0) } }

    /// Little-endian, as tensors hold them.
    public var bytes: [UInt8] { withElements { Array(UnsafeRawBufferPointer($0)) } }

    /// Clamps all elements to the activation's range.
    public func apply(_ activation: Activation) { base.apply(activation, count: count) }
}
