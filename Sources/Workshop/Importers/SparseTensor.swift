import Graph

/// A constant of which a file keeps the elements other than 0 (the schema's `SparsityParameters`): dimensions in an order of
/// their own, some divided into blocks, each a whole run or the listed indices of it.
struct SparseTensor {
    private let tensor: TFLiteTensor
    private let shape: [Int]
    private let levels: [Level]

    /// One dimension, or one of the blocks that a dimension is divided into.
    private struct Level {
        /// Which of the tensor's dimensions it counts along, and by how many elements.
        var dimension: Int
        var step: Int
        var extent: Int
        /// Where the indices below each position of the level above begin and end, and they; nil: all of them are there.
        var stored: (segments: [Int], indices: [Int])?
    }

    init(_ table: Table, shape: [Int], tensor: TFLiteTensor) throws(ImportError) {
        self.tensor = tensor
        self.shape = shape
        let order = try table.int32s(0, "the traversal order")
        let blocks = try table.int32s(1, "the block map")
        guard let metadata = try table.vector(2, elementBytes: 4, "the dimensions"), metadata.count == order.count,
            order.count == shape.count + blocks.count, order.sorted() == Array(order.indices),
            blocks.allSatisfy({ shape.indices.contains($0) }), Set(blocks).count == blocks.count
        else { throw table.damaged("its dimensions do not fit the shape \(shape)") }
        var read: [(dimension: Int, isBlock: Bool, size: Int, stored: (segments: [Int], indices: [Int])?)] = []
        for (level, number) in order.enumerated() {
            let entry = try metadata.table(level, "dimension")
            let isBlock = number >= shape.count
            let dimension = isBlock ? blocks[number - shape.count] : number
            var stored: (segments: [Int], indices: [Int])?
            if try entry.uint8(0) != 0 {
                stored = (try Self.numbers(entry, 2, "the segments"), try Self.numbers(entry, 4, "the indices"))
            }
            read.append((dimension, isBlock, try entry.int32(1), stored))
        }
        var levels: [Level] = []
        for level in read {
            let block = read.first { $0.isBlock && $0.dimension == level.dimension }?.size ?? 1
            guard block >= 1, shape[level.dimension] % block == 0 else {
                throw table.damaged("blocks of \(block) do not divide dimension \(level.dimension) of \(shape)")
            }
            let extent = level.isBlock ? block : shape[level.dimension] / block
            guard level.stored != nil || level.size == extent else {
                throw table.damaged("dimension \(level.dimension) has \(level.size) elements where \(extent) fit")
            }
            levels.append(
                Level(
                    dimension: level.dimension, step: level.isBlock ? 1 : block, extent: extent, stored: level.stored))
        }
        self.levels = levels
    }

    /// A vector of the union `SparseIndexVector`, whose kind stands in the field before it.
    private static func numbers(_ entry: Table, _ field: Int, _ what: StaticString) throws(ImportError) -> [Int] {
        let width: Int
        switch try entry.uint8(field) {
        case 1: width = 4
        case 2: width = 2
        case 3: width = 1
        case let kind: throw entry.damaged("\(what) are of kind \(kind)")
        }
        guard let table = try entry.table(field + 1, Place(what)),
            let values = try table.vector(0, elementBytes: width, what)
        else { return [] }
        let bytes = try values.bytes()
        return stride(from: 0, to: bytes.count, by: width).map { start in
            (0..<width).reduce(0) { $0 | Int(bytes[start + $1]) << (8 * $1) }
        }
    }

    /// Zeros that one element may stand for: a small file must not ask for any amount of memory.
    private static let sparsest = 256

    /// All elements, row-major, from those that are kept.
    func dense(_ kept: [Float]) throws(ImportError) -> [Float] {
        guard shape.reduce(1, *) <= Self.sparsest * max(kept.count, 256) else {
            throw tensor.refuse("keeps \(kept.count) elements of \(shape)", "export the model again with dense weights")
        }
        var result = [Float](repeating: 0, count: shape.reduce(1, *))
        try place(level: 0, position: 0, offset: 0, rowMajorStrides(shape), kept, &result)
        return result
    }

    private func place(
        level index: Int, position: Int, offset: Int, _ strides: [Int], _ kept: [Float], _ result: inout [Float]
    ) throws(ImportError) {
        guard index < levels.count else {
            guard position < kept.count else {
                throw tensor.refuse("its \(kept.count) elements are fewer than its indices", ImportError.damaged)
            }
            result[offset] = kept[position]
            return
        }
        let level = levels[index]
        let step = level.step * strides[level.dimension]
        guard let stored = level.stored else {
            for element in 0..<level.extent {
                try place(
                    level: index + 1, position: position * level.extent + element, offset: offset + element * step,
                    strides, kept, &result)
            }
            return
        }
        guard position + 1 < stored.segments.count, stored.segments[position] <= stored.segments[position + 1],
            stored.segments[position + 1] <= stored.indices.count
        else { throw tensor.refuse("its segments do not fit its indices", ImportError.damaged) }
        for element in stored.segments[position]..<stored.segments[position + 1] {
            guard stored.indices[element] < level.extent else {
                throw tensor.refuse("index \(stored.indices[element]) leaves its dimension", ImportError.damaged)
            }
            try place(
                level: index + 1, position: element, offset: offset + stored.indices[element] * step, strides, kept,
                &result)
        }
    }
}
