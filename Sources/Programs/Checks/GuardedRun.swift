import CBundle
import CChecks
import CKernels
import Kernels
import System

/// One run of a step's kernel in memory that shows what else it touches: every operand lies between pages that fault, and
/// whatever is neither output nor scratch must be afterwards as it was.
struct GuardedRun {
    /// Where an operand ends or begins at the very edge of its pages.
    enum Side { case front, rear }

    /// A run's parameters.
    struct Way {
        var parts: UInt32
        var side: Side
        /// Scratch of the least size.
        var isShort = false
        /// The output lies where the first input does.
        var isInPlace = false
    }

    enum Outcome {
        /// The output as int8 bit patterns, whatever the set's form in the arena.
        case output([UInt8])
        /// What the kernel did that it must not.
        case harm(String)
    }

    /// Whole pages, of which `offset` to `offset` + `bytes` are an operand's.
    private struct Room {
        let name: StaticString
        let pages: Range<Int>
        let offset: Int
        let bytes: Int
        let mayChange: Bool

        var end: Int { offset + bytes }
    }

    private static let filler: UInt8 = 0xa5
    private let way: Way
    private let page = Int(oc_guard_page())
    private var rooms: [Room] = []
    /// Where the next guard page begins.
    private var top = 0

    private init(_ way: Way) { self.way = way }

    /// - Parameters:
    ///   - constants: what `step.constants` gives for the set.
    ///   - kernel: one to try in place of the set's own.
    static func run(
        _ step: RandomStep, on set: KernelSet, constants: [UInt8], _ way: Way, kernel: oc_kernel_fn? = nil
    ) -> Outcome {
        var run = GuardedRun(way)
        return run.run(step, set, constants, kernel)
    }

    private mutating func run(
        _ step: RandomStep, _ set: KernelSet, _ constants: [UInt8], _ kernel: oc_kernel_fn?
    ) -> Outcome {
        var record = step.record(for: set)
        record.in.0 = place(step, input: 0, record.in.0.type)
        record.in.1 = place(step, input: 1, record.in.1.type)
        if way.isInPlace {
            record.out = operand(rooms[0].offset, step.outputBytes, OC_SPACE_ARENA, record.out.type)
        } else {
            record.out = add("output", step.outputBytes, OC_SPACE_ARENA, record.out.type, mayChange: true)
        }
        let output = Int(record.out.offset)
        let wanted = step.scratchBytes(set)
        let scratch = (way.isShort ? wanted.least : wanted.preferred) * Int(way.parts)
        if scratch > 0 { record.scratch = add("scratch", scratch, OC_SPACE_ARENA, 0, mayChange: true) }
        if !constants.isEmpty {
            record.constants = add("constants", constants.count, OC_SPACE_WEIGHTS, 0, alignment: 8)
        }

        let size = top + page
        guard let memory = oc_guard_reserve(size) else {
            return .harm("could not run: this machine has no memory left")
        }
        defer { oc_guard_release(memory, size) }
        for room in rooms {
            guard oc_guard_open(memory + room.pages.lowerBound, room.pages.count) != 0 else {
                return .harm("could not run: this machine has no memory left")
            }
            UnsafeMutableRawPointer(memory + room.pages.lowerBound).initializeMemory(
                as: UInt8.self, repeating: GuardedRun.filler, count: room.pages.count)
        }
        let flip = UInt8(set.flip)
        for index in step.inputs.indices {
            let input = step.inputs[index]
            let at = Int(index == 0 ? record.in.0.offset : record.in.1.offset)
            for i in input.bytes.indices { memory[at + i] = input.isInt8 ? input.bytes[i] ^ flip : input.bytes[i] }
        }
        for i in constants.indices { memory[Int(record.constants.offset) + i] = constants[i] }
        // What a kernel leaves of its output is the same in every form of int8.
        if !way.isInPlace && step.outputIsInt8 {
            for i in 0..<step.outputBytes { memory[output + i] ^= flip }
        }

        var before: [[UInt8]] = []
        for room in rooms {
            before.append([UInt8](UnsafeBufferPointer(start: memory + room.pages.lowerBound, count: room.pages.count)))
        }
        var spaces = oc_memory(arena: memory, weights: UnsafePointer(memory))
        let function = kernel ?? set.kernel(record.kernel)!
        for part in 0..<way.parts {
            var address: UInt = 0
            if oc_guard_call(function, &record, &spaces, part, way.parts, &address) == 0 {
                return .harm("touches memory \(place(of: Int(bitPattern: address) - Int(bitPattern: memory)))")
            }
        }
        for (room, bytes) in zip(rooms, before) {
            if let at = changed(room, bytes, memory) { return .harm("changes memory \(place(of: at))") }
        }
        var bytes: [UInt8] = []
        for i in 0..<step.outputBytes { bytes.append(memory[output + i] ^ (step.outputIsInt8 ? flip : 0)) }
        return .output(bytes)
    }

    private mutating func place(_ step: RandomStep, input index: Int, _ type: UInt16) -> oc_operand {
        guard index < step.inputs.count else { return oc_operand() }
        let input = step.inputs[index]
        return add(
            index == 0 ? "input" : "second input", input.bytes.count,
            input.isConstant ? OC_SPACE_WEIGHTS : OC_SPACE_ARENA,
            type, spare: input.isConstant ? 0 : step.spare(behindInput: index), mayChange: way.isInPlace && index == 0)
    }

    /// Room for an operand, behind a guard page. Both spaces begin with the memory.
    private mutating func add(
        _ name: StaticString, _ bytes: Int, _ space: oc_space, _ type: UInt16, alignment: Int = 1, spare: Int = 0,
        mayChange: Bool = false
    ) -> oc_operand {
        let begin = top + page
        let end = begin + (bytes + spare + page - 1) / page * page
        let offset = way.side == .front ? begin : (end - spare - bytes) / alignment * alignment
        rooms.append(Room(name: name, pages: begin..<end, offset: offset, bytes: bytes, mayChange: mayChange))
        top = end
        return operand(offset, bytes, space, type)
    }

    private func operand(_ offset: Int, _ bytes: Int, _ space: oc_space, _ type: UInt16) -> oc_operand {
        oc_operand(
            offset: UInt32(offset), bytes: UInt32(bytes), tensor: 0, space: UInt16(space.rawValue), type: type)
    }

    /// The first byte of a room that is not as it was and should be.
    private func changed(_ room: Room, _ before: [UInt8], _ memory: UnsafeMutablePointer<UInt8>) -> Int? {
        func difference(_ range: Range<Int>) -> Int? {
            let at = before.withUnsafeBufferPointer {
                oc_guard_difference(
                    $0.baseAddress! + (range.lowerBound - room.pages.lowerBound), memory + range.lowerBound, range.count
                )
            }
            return at < 0 ? nil : range.lowerBound + at
        }
        guard room.mayChange else { return difference(room.pages) }
        return difference(room.pages.lowerBound..<room.offset) ?? difference(room.end..<room.pages.upperBound)
    }

    /// A place in words: which byte of which operand, or how far beside it.
    private func place(of at: Int) -> String {
        for room in rooms {
            let name = room.name.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
            if (room.offset..<room.end).contains(at) { return "at byte \(at - room.offset) of its \(name)" }
            if (room.end..<room.pages.upperBound + page).contains(at) {
                return "\(at - room.end + 1) bytes behind its \(name)"
            }
            if (room.pages.lowerBound - page..<room.offset).contains(at) {
                return "\(room.offset - at) bytes in front of its \(name)"
            }
        }
        return "far from its operands"
    }
}
