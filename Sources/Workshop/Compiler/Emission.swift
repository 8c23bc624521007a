import Boards
import Bundle
import CBundle
import Graph
import Kernels
import System

/// Writes a planned draft as the records of a bundle.
struct Emission {
    private let draft: Draft
    private let storage: Storage
    let set: KernelSet
    private let threads: Int
    private let cpus: [Int]
    private let caches: oc_caches
    private var writer = BundleWriter()
    private var weights: [UInt8] = []
    private var constantOffsets: [TensorID: Int] = [:]
    private var packedOffsets: [[UInt8]: Int] = [:]
    private var stepNames: [String: oc_text] = [:]
    private(set) var labelCount = 0
    /// Index of each tensor in the bundle.
    private(set) var indices: [TensorID: UInt32] = [:]

    init(_ draft: Draft, _ storage: Storage, set: KernelSet, threads: Int, cpus: [Int], caches: oc_caches) {
        self.draft = draft
        self.storage = storage
        self.set = set
        self.threads = threads
        self.cpus = cpus
        self.caches = caches
    }

    var weightBytes: Int { weights.count }

    mutating func emit(origin: String, originBytes: [UInt8], board: String, macs: Int) throws(CompileError) {
        var model = oc_model()
        model.name = writer.intern(draft.graph.name.utf8)
        model.origin = writer.intern(origin.utf8)
        model.board = writer.intern(board.utf8)
        model.builder = writer.intern(programVersion("ocellus"))
        model.kernel_set = set.rawValue
        model.flip = set.flip
        model.threads = UInt32(threads)
        withUnsafeMutableBytes(of: &model.cpus) { raw in
            for (index, cpu) in cpus.enumerated() { raw.bindMemory(to: UInt16.self)[index] = UInt16(cpu + 1) }
        }
        model.origin_crc = originBytes.withUnsafeBytes { oc_crc32c(0, $0.baseAddress, $0.count) }
        model.arena_bytes = UInt64(storage.arenaBytes)
        model.macs = UInt64(macs)
        model.caches = caches
        guard storage.arenaBytes <= Int(Int32.max) else {
            throw CompileError("\(origin): needs an arena of \(storage.arenaBytes) bytes; 2 GiB is the limit")
        }

        let used = usedTensors()
        for id in used { indices[id] = UInt32(indices.count) }
        var steps: [oc_step] = []
        for (index, step) in draft.steps.enumerated() { steps.append(record(step, index)) }
        let tensors = used.map { record($0) }
        guard weights.count <= Int(Int32.max) else {
            throw CompileError("\(origin): packs into \(weights.count) bytes of weights; 2 GiB is the limit")
        }

        writer.add(OC_SECTION_MODEL, [model])
        writer.add(OC_SECTION_TENSORS, tensors)
        writer.add(OC_SECTION_STEPS, steps)
        writer.add(OC_SECTION_INPUTS, draft.graph.inputs.map { indices[$0] ?? 0 })
        writer.add(OC_SECTION_OUTPUTS, draft.graph.outputs.map { indices[$0] ?? 0 })
        writer.add(OC_SECTION_WEIGHTS, weights)
        writer.add(OC_SECTION_FUSIONS, fusions())
    }

    private mutating func fusions() -> [oc_fusion] {
        let notes = draft.notes.filter { $0.key != Draft.stripNote }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return draft.strips.map { strips in
            oc_fusion(
                what: writer.intern(strips.what.utf8), why: writer.intern(strips.why.utf8), count: 1,
                first_step: UInt32(strips.steps.lowerBound), step_count: UInt32(strips.steps.count), reserved: 0,
                bytes: UInt64(max(0, strips.bytes)), arena_bytes: UInt64(strips.arenaBytes))
        }
            + notes.map { note in
                oc_fusion(
                    what: writer.intern(note.key.utf8), why: oc_text(), count: UInt32(note.value),
                    first_step: UInt32(OC_NO_STEP), step_count: 0, reserved: 0, bytes: 0, arena_bytes: 0)
            }
    }

    mutating func add<T>(_ kind: oc_section_kind, _ records: [T]) { writer.add(kind, records) }
    mutating func addLabels(_ labels: [String]) {
        labelCount = labels.count
        let texts = labels.map { intern($0) }
        add(OC_SECTION_LABELS, texts)
    }

    mutating func intern(_ text: String) -> oc_text { writer.intern(text.utf8) }
    func tensor(_ id: TensorID) -> Tensor { draft.graph[id] }
    func arenaFlip(_ id: TensorID) -> UInt8 { draft.graph[id].type == .int8 ? UInt8(set.flip) : 0 }

    func finish() -> [UInt8] { writer.finish() }

    /// In the order of the graph: everything with bytes of its own, in the arena or as an operand in the weights.
    private func usedTensors() -> [TensorID] {
        var used = Set(draft.graph.inputs)
        used.formUnion(draft.graph.outputs)
        used.formUnion(draft.views.keys)
        for step in draft.steps {
            used.insert(step.output)
            used.formUnion(step.inputs)
        }
        return used.sorted()
    }

    private mutating func record(_ step: DraftStep, _ index: Int) -> oc_step {
        var record = step.record
        record.name = stepName(step.name)
        let slices = step.inputSlices.isEmpty ? step.inputs.map { _ in nil } : step.inputSlices
        if let input = step.inputs.first { record.in.0 = operand(input, slices[0]) }
        if step.inputs.count > 1 { record.in.1 = operand(step.inputs[1], slices[1]) }
        record.out = operand(step.output, step.outputSlice)
        if !step.constants.isEmpty {
            record.constants = oc_operand(
                offset: UInt32(packedOffset(step.constants)), bytes: UInt32(step.constants.count),
                tensor: UInt32(OC_NO_TENSOR),
                space: UInt16(OC_SPACE_WEIGHTS.rawValue), type: 0)
        }
        if let offset = storage.scratchOffsets[index] {
            record.scratch = oc_operand(
                offset: UInt32(offset), bytes: UInt32(step.scratchBytes * threads), tensor: UInt32(OC_NO_TENSOR),
                space: UInt16(OC_SPACE_ARENA.rawValue), type: 0)
        }
        return record
    }

    /// Strips of one operator share its name.
    private mutating func stepName(_ name: String) -> oc_text {
        if let text = stepNames[name] { return text }
        let text = writer.intern(name.utf8)
        stepNames[name] = text
        return text
    }

    private mutating func operand(_ id: TensorID, _ slice: DraftStep.Slice? = nil) -> oc_operand {
        let tensor = draft.graph[id]
        let inArena = tensor.constant == nil
        let offset = inArena ? storage.arenaOffsets[id] ?? 0 : constantOffset(id)
        return oc_operand(
            offset: UInt32(offset + (slice?.offset ?? 0)), bytes: UInt32(slice?.bytes ?? tensor.byteCount),
            tensor: indices[id] ?? UInt32(OC_NO_TENSOR),
            space: UInt16((inArena ? OC_SPACE_ARENA : OC_SPACE_WEIGHTS).rawValue), type: UInt16(tensor.type.rawValue))
    }

    /// A constant that is an operand lies in the weights as an activation would in the arena.
    private mutating func constantOffset(_ id: TensorID) -> Int {
        if let offset = constantOffsets[id] { return offset }
        let flip = arenaFlip(id)
        let offset = place((draft.graph[id].constant ?? []).map { $0 ^ flip })
        constantOffsets[id] = offset
        return offset
    }

    /// Strips of one operator share its constants.
    private mutating func packedOffset(_ constants: [UInt8]) -> Int {
        if let offset = packedOffsets[constants] { return offset }
        let offset = place(constants)
        packedOffsets[constants] = offset
        return offset
    }

    private mutating func place(_ bytes: [UInt8]) -> Int {
        let offset = (weights.count + Int(OC_ALIGNMENT) - 1) / Int(OC_ALIGNMENT) * Int(OC_ALIGNMENT)
        weights.append(contentsOf: repeatElement(0, count: offset - weights.count))
        weights.append(contentsOf: bytes)
        return offset
    }

    private mutating func record(_ id: TensorID) -> oc_tensor {
        let tensor = draft.graph[id]
        let operand = operand(id)
        var record = oc_tensor()
        record.name = writer.intern(tensor.name.utf8)
        record.type = tensor.type.rawValue
        record.rank = UInt8(tensor.shape.count)
        record.space = UInt8(operand.space)
        record.shape = (1, 1, 1, 1, 1, 1)
        withUnsafeMutableBytes(of: &record.shape) { raw in
            for (d, extent) in tensor.shape.enumerated() { raw.bindMemory(to: Int32.self)[d] = Int32(extent) }
        }
        record.offset = operand.offset
        record.bytes = operand.bytes
        record.scale = tensor.quantization?.scale ?? 0
        record.zero_point = tensor.quantization?.zeroPoint ?? 0
        let lifetime = lifetime(of: id)
        record.first_step = lifetime.first
        record.last_step = lifetime.last
        return record
    }

    /// The steps that write and last read a tensor itself or a view of it.
    private func lifetime(of id: TensorID) -> (first: UInt32, last: UInt32) {
        let none = UInt32(OC_NO_STEP)
        let root = draft.root(of: id).base
        func concerns(_ other: TensorID) -> Bool { draft.root(of: other).base == root }
        let first = draft.steps.firstIndex { concerns($0.output) }
        if draft.graph.outputs.contains(where: concerns) { return (first.map { UInt32($0) } ?? none, none) }
        let last = draft.steps.lastIndex { $0.inputs.contains(where: concerns) || concerns($0.output) }
        return (draft.isInput(root) ? none : first.map { UInt32($0) } ?? none, last.map { UInt32($0) } ?? none)
    }
}
