import Bundle
import CBundle
import Kernels

/// Who has which bytes of the arena when.
struct ArenaMap {
    struct Block {
        enum Kind: String { case input, output, activation, scratch }

        var kind: Kind
        /// Into the bundle's tensors; nil for scratch.
        var tensor: Int?
        /// The steps it lives in; -1 is the time before the first, the number of steps that after the last.
        var steps: ClosedRange<Int>
        var bytes: Range<Int>
        /// Of a tensor, without a leading 1.
        var shape: String
        var name: String
    }

    /// In the order of their first step. Tensors that are views of others have no block of their own.
    let blocks: [Block]
    let bytes: Int
    /// The kernel of each step.
    let kernels: [String]

    /// - Parameter view: steps verified.
    init(_ view: BundleView) {
        bytes = Int(clamping: view.model.pointee.arena_bytes)
        kernels = view.steps.map { "\($0.kernelName)" }
        let inputs = Set(view.inputs.map { Int($0) })
        let outputs = Set(view.outputs.map { Int($0) })
        var blocks: [Block] = []
        for (index, tensor) in view.tensors.enumerated()
        where UInt32(tensor.space) == OC_SPACE_ARENA.rawValue && tensor.bytes > 0 {
            let none = UInt32(OC_NO_STEP)
            let first = tensor.first_step == none ? -1 : min(Int(tensor.first_step), view.steps.count)
            let last = tensor.last_step == none ? view.steps.count : min(Int(tensor.last_step), view.steps.count)
            let description = TensorDescription(tensor, in: view)
            blocks.append(
                Block(
                    kind: inputs.contains(index) ? .input : outputs.contains(index) ? .output : .activation,
                    tensor: index, steps: first...max(first, last),
                    bytes: Int(tensor.offset)..<Int(tensor.offset) + Int(tensor.bytes),
                    shape: Format.shape(description.shape.drop { $0 == 1 }), name: description.name))
        }
        blocks = Self.withoutViews(blocks)
        for (index, step) in view.steps.enumerated() where step.scratch.bytes > 0 {
            let range = Int(step.scratch.offset)..<Int(step.scratch.offset) + Int(step.scratch.bytes)
            blocks.append(
                Block(kind: .scratch, tensor: nil, steps: index...index, bytes: range, shape: "", name: "scratch"))
        }
        self.blocks = blocks.sorted {
            ($0.steps.lowerBound, $0.bytes.lowerBound) < ($1.steps.lowerBound, $1.bytes.lowerBound)
        }
    }

    /// Of blocks with the same lifetime, those that no other contains; of equal ones the outward one, else the first.
    private static func withoutViews(_ blocks: [Block]) -> [Block] {
        var kept: [Block] = []
        let order = blocks.sorted {
            ($1.bytes.count, $0.kind == .activation ? 1 : 0) < ($0.bytes.count, $1.kind == .activation ? 1 : 0)
        }
        for block in order {
            let isView = kept.contains {
                $0.steps == block.steps && $0.bytes.lowerBound <= block.bytes.lowerBound
                    && block.bytes.upperBound <= $0.bytes.upperBound
            }
            if !isView { kept.append(block) }
        }
        return kept
    }

    private static let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

    /// The letter of a tensor in the map; letters repeat after 52 tensors.
    func key(ofTensor tensor: Int) -> String? {
        blocks.filter { $0.tensor != nil }.firstIndex { $0.tensor == tensor }.map {
            "\(Self.letters[$0 % Self.letters.count])"
        }
    }

    /// A picture in letters: addresses upwards, steps to the right; `#` is scratch, `.` is free.
    func lines() -> [String] {
        let columns = -1...kernels.count
        let stepsPerCell = (columns.count + 119) / 120
        let rows = min(24, max(1, bytes / 64))
        var grid = [[Character]](
            repeating: [Character](repeating: ".", count: (columns.count + stepsPerCell - 1) / stepsPerCell),
            count: rows)
        var index = 0
        for block in blocks {
            let letter = block.kind == .scratch ? "#" : Self.letters[index % Self.letters.count]
            if block.tensor != nil { index += 1 }
            let cells = (block.steps.lowerBound + 1) / stepsPerCell...(block.steps.upperBound + 1) / stepsPerCell
            for row in grid.indices {
                // A cell is whose its middle is; small blocks get one row at least.
                let middle = (2 * row + 1) * bytes / (2 * rows)
                let home = block.bytes.lowerBound * rows / max(bytes, 1)
                guard block.bytes.contains(middle) || home == row && block.bytes.count < bytes / rows else { continue }
                for cell in cells where grid[row].indices.contains(cell) { grid[row][cell] = letter }
            }
        }
        var table = Columns([.right, .left])
        for row in grid.indices.reversed() { table.add([Format.grouped(row * bytes / rows), String(grid[row])]) }
        let scale = stepsPerCell == 1 ? "a column is a step" : "a column is \(stepsPerCell) steps"
        return table.lines(indent: 2) + [
            "  Bytes upwards; \(scale), the first is before step 0, the last after the plan; # scratch, . free."
        ]
    }
}
