import CBundle
import CKernels

/// The size and the bytes of a matrix step's constants, laid out as oc_matrix_constants.h says.
public struct MatrixLayout {
    private let geometry: oc_matrix
    private let tiling: oc_matrix_tiling
    /// What the set's products take an input byte for, above its value; the biases make up for it.
    private let excess: Int32
    private let factorsOffset: Int64
    private let weightsOffset: Int64
    public let constantBytes: Int64

    public init(_ geometry: oc_matrix, set: KernelSet) {
        self.geometry = geometry
        let narrow = Int32(OC_MATRIX_BLOCK)
        tiling =
            switch set {
            case .dotprod: oc_matrix_tiling(block: narrow, group: 4)
            case .i8mm: oc_matrix_tiling(block: narrow, group: 8)
            case .avx512vnni: oc_matrix_tiling(block: Int32(OC_MATRIX_WIDE_BLOCK), group: 4)
            default: oc_matrix_tiling(block: 1, group: 0)
            }
        excess = set == .avx512vnni ? 128 : 0
        var geometry = geometry
        factorsOffset = oc_matrix_factors(&geometry)
        weightsOffset = oc_matrix_weights(&geometry)
        constantBytes = oc_matrix_bytes(&geometry, tiling)
    }

    /// - Parameters:
    ///   - weights: `[units][depth]`.
    ///   - bias: one a unit, before folding; int32 sums wrap as the kernels' do.
    ///   - factors: one a unit.
    public func pack(weights: [Int8], bias: [Int32], factors: [Double]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(constantBytes))
        let depth = Int(geometry.depth)
        bytes.withUnsafeMutableBytes { out in
            for unit in 0..<Int(geometry.units) {
                var sum: Int32 = 0
                for k in 0..<depth { sum &+= Int32(weights[unit * depth + k]) }
                out.storeBytes(
                    of: bias[unit] &- (geometry.in_zero &+ excess) &* sum, toByteOffset: 4 * unit, as: Int32.self)
                out.storeBytes(of: factors[unit], toByteOffset: Int(factorsOffset) + 8 * unit, as: Double.self)
                for k in 0..<depth {
                    out[place(unit, k)] = UInt8(bitPattern: weights[unit * depth + k])
                }
            }
        }
        return bytes
    }

    /// The same constants for another set.
    /// - Parameter constants: `constantBytes` bytes, verified.
    func repacked(_ constants: UnsafeRawBufferPointer, as other: MatrixLayout) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(other.constantBytes))
        for index in 0..<Int(weightsOffset) { bytes[index] = constants[index] }
        for unit in 0..<Int(geometry.units) {
            var sum: Int32 = 0
            for k in 0..<Int(geometry.depth) {
                let weight = constants[place(unit, k)]
                bytes[other.place(unit, k)] = weight
                sum &+= Int32(Int8(bitPattern: weight))
            }
            let bias = constants.loadUnaligned(fromByteOffset: 4 * unit, as: Int32.self)
            let changed = bias &- (other.excess &- excess) &* sum
            bytes.withUnsafeMutableBytes { $0.storeBytes(of: changed, toByteOffset: 4 * unit, as: Int32.self) }
        }
        return bytes
    }

    /// Where a weight lies.
    private func place(_ unit: Int, _ k: Int) -> Int {
        var geometry = geometry
        return Int(weightsOffset + oc_matrix_weight(&geometry, tiling, Int32(unit), Int32(k)))
    }

    func hasValidFactors(_ constants: UnsafeRawBufferPointer) -> Bool {
        for unit in 0..<Int(geometry.units) {
            let factor = constants.loadUnaligned(fromByteOffset: Int(factorsOffset) + 8 * unit, as: Double.self)
            guard factor.isFinite else { return false }
        }
        return true
    }
}
