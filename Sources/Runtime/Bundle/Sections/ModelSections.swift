import CBundle

/// Reports reckon with them, and JSON's readers take whole numbers so far.
private let maxMACs: UInt64 = 1 << 53 - 1

/// What the model is, and what it takes to run it.
public enum ModelSection: BundleSection {
    public typealias Record = oc_model
    public static var kind: oc_section_kind { OC_SECTION_MODEL }
    public static var name: StaticString { "model" }
    public static var amount: SectionAmount { .one }
    public static var repacking: SectionRepacking { .replaced }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        try record.text("model")
        try record.text("origin")
        try record.text("board")
        try record.text("builder")
        let set = try record.u32("kernels", .kernelSet)
        try record.check(
            set.number > 0 && set.number < OC_SET_LIMIT.rawValue, set,
            "are a kernel set that this program does not know; build the bundle again")
        let flip = try record.u32("flip")
        try record.check(
            flip.number == 0 || flip.number == 0x80, flip, "is neither 0 nor 128; build the bundle again")
        let threads = try record.u32("threads", in: 1...UInt64(OC_MAX_THREADS))
        try record.u32("originCRC32C", .checksum)
        let arena = try record.u64("arena", .bytes)
        try record.check(
            arena.number % UInt64(OC_ALIGNMENT) == 0 && arena.number <= UInt64(Int32.max), arena,
            "is no multiple of 64 bytes or above 2 GiB; build the bundle again")
        try record.check(
            arena.number <= BundleView.arenaBytes(record.view.tensors, record.view.steps), arena,
            "is larger than all that lies in it; build the bundle again")
        try record.u64("macs", in: 0...maxMACs)
        try describeCPUs(&record, threads: threads.number)
        let l1 = try record.u32("caches.l1", none: 0)
        let l2 = try record.u32("caches.l2", none: 0)
        let l3 = try record.u32("caches.l3", none: 0)
        let isTold = (l1.number == 0) == (l2.number == 0) && (l3.number == 0 || l2.number > 0)
        try record.check(isTold, l1, "is told without a smaller cache, or a smaller one alone; build the bundle again")
        try record.reserved(4)
    }

    private static func describeCPUs(_ record: inout some FieldVisitor, threads: UInt64) throws(BundleError) {
        let field = record.list("cpus", .cpus, width: 2, count: Int(OC_MAX_THREADS))
        let cpus = UnsafeRawBufferPointer(start: field.start, count: 2 * Int(OC_MAX_THREADS)).bindMemory(
            to: UInt16.self)
        let count = cpus.firstIndex(of: 0) ?? cpus.count
        var isSound = true
        for index in cpus.indices {
            let cpu = cpus[index]
            let isAlone = cpu <= UInt16(OC_MAX_CPUS) && !cpus[..<min(index, count)].contains(cpu)
            isSound = isSound && (index < count ? isAlone : cpu == 0)
        }
        try record.check(isSound, field, "are out of range, listed twice or have gaps; build the bundle again")
        try record.check(
            count == 0 || count >= Int(threads), field, "are fewer than the threads; build the bundle again")
    }
}

/// The bytes that texts lie in.
public enum StringsSection: BundleSection {
    public typealias Record = UInt8
    public static var kind: oc_section_kind { OC_SECTION_STRINGS }
    public static var name: StaticString { "strings" }
    public static var amount: SectionAmount { .bytes }
    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {}
}

/// Activations and constants.
public enum TensorsSection: BundleSection {
    public typealias Record = oc_tensor
    public static var kind: oc_section_kind { OC_SECTION_TENSORS }
    public static var name: StaticString { "tensors" }
    public static var amount: SectionAmount { .many(0...Int.max) }
    public static var repacking: SectionRepacking { .replaced }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        try record.text("name")
        let type = try record.choice(
            UInt8.self, "type", "int8 uint8 int32 int64 float32", first: OC_TYPE_INT8.rawValue)
        let rank = try record.u8("rank", in: 0...UInt64(OC_MAX_RANK))
        let space = try record.choice(UInt8.self, "space", "none arena weights")
        try record.reserved(1)
        let shape = record.list("shape", .shape(rank: Int(rank.number)), width: 4, count: Int(OC_MAX_RANK))
        var elements = UInt64(1)
        var isSound = true
        for d in 0..<Int(OC_MAX_RANK) {
            let extent = shape.start.load(fromByteOffset: 4 * d, as: Int32.self)
            isSound = isSound && extent >= 1 && (d < rank.number || extent == 1)
            // Of a shape that is not sound, whatever comes out.
            elements = min(elements &* UInt64(max(extent, 0)), UInt64(UInt32.max))
        }
        try record.check(isSound, shape, "has an extent below 1; build the bundle again")
        try record.check(
            elements <= UInt64(Int32.max), shape, "has more than 2^31 - 1 elements; build the bundle again")
        let offset = try record.u32("offset")
        let bytes = try record.u32("bytes")
        try record.check(
            bytes.number == elements * UInt64(elementBytes(ofType: UInt8(type.number))), bytes,
            "do not match its shape; build the bundle again")
        let limit =
            switch UInt32(space.number) {
            case OC_SPACE_ARENA.rawValue: record.view.model.pointee.arena_bytes
            case OC_SPACE_WEIGHTS.rawValue: UInt64(record.view.weights.count)
            default: UInt64(0)
            }
        try record.check(
            offset.number + bytes.number <= limit, offset, "lies outside its space; build the bundle again")
        let scale = record.list("scale", .float, width: 4, count: 1)
        let factor = scale.start.load(as: Float.self)
        try record.check(
            factor >= 0 && factor.isFinite, scale, "is negative or no number; build the bundle again")
        record.list("zeroPoint", .signed, width: 4, count: 1)
        try record.u32("firstStep", .index, none: UInt32(OC_NO_STEP))
        try record.u32("lastStep", .index, none: UInt32(OC_NO_STEP))
    }
}

/// The plan, in execution order. What kernels read of a step, `StepVerifier` of Kernels verifies.
public enum StepsSection: BundleSection {
    public typealias Record = oc_step
    public static var kind: oc_section_kind { OC_SECTION_STEPS }
    public static var name: StaticString { "steps" }
    public static var amount: SectionAmount { .many(1...Int.max) }
    public static var repacking: SectionRepacking { .replaced }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        record.list("", .other, width: 4, count: 2)
        try record.text("origin")
        try record.u64("macs", in: 0...maxMACs)
        record.list("", .other, width: 4, count: 58)
    }
}

/// Constants, as the kernel set wants them.
public enum WeightsSection: BundleSection {
    public typealias Record = UInt8
    public static var kind: oc_section_kind { OC_SECTION_WEIGHTS }
    public static var name: StaticString { "weights" }
    public static var amount: SectionAmount { .bytes }
    public static var repacking: SectionRepacking { .replaced }
    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {}
}

/// Tensors that are filled before a run, in the model's order.
public enum InputsSection: BundleSection {
    public typealias Record = UInt32
    public static var kind: oc_section_kind { OC_SECTION_INPUTS }
    public static var name: StaticString { "inputs" }
    public static var amount: SectionAmount { .many(0...Int.max) }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) { try describePort(&record) }
}

/// Tensors that stay until the next run, in the model's order.
public enum OutputsSection: BundleSection {
    public typealias Record = UInt32
    public static var kind: oc_section_kind { OC_SECTION_OUTPUTS }
    public static var name: StaticString { "outputs" }
    public static var amount: SectionAmount { .many(1...Int.max) }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) { try describePort(&record) }
}

private func describePort(_ record: inout some FieldVisitor) throws(BundleError) {
    let tensors = record.view.tensors
    let port = try record.index("", below: tensors.count, "is no tensor; build the bundle again")
    try record.check(
        UInt32(tensors[Int(port.number)].space) == OC_SPACE_ARENA.rawValue, port,
        "is no tensor of the arena; build the bundle again")
}

/// What the compiler did to the model, for whoever wants to know.
public enum FusionsSection: BundleSection {
    public typealias Record = oc_fusion
    public static var kind: oc_section_kind { OC_SECTION_FUSIONS }
    public static var name: StaticString { "fusions" }
    public static var amount: SectionAmount { .many(0...Int.max) }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        try record.text("what")
        try record.text("why")
        try record.u32("count")
        let first = try record.u32("firstStep", .index, none: UInt32(OC_NO_STEP))
        let count = try record.u32("steps")
        try record.check(
            first.number == UInt64(OC_NO_STEP)
                || first.number + count.number <= UInt64(record.view.steps.count), first,
            "and those after it do not exist; build the bundle again")
        try record.reserved(4)
        try record.u64("bytes")
        try record.u64("arenaBytes")
    }
}

extension BundleView {
    public var model: UnsafePointer<oc_model> { records(ModelSection.self).baseAddress! }
    /// The bytes that texts lie in.
    public var strings: UnsafeRawBufferPointer { bytes(of: StringsSection.self) }
    public var tensors: UnsafeBufferPointer<oc_tensor> { records(TensorsSection.self) }
    public var steps: UnsafeBufferPointer<oc_step> { records(StepsSection.self) }
    public var weights: UnsafeRawBufferPointer { bytes(of: WeightsSection.self) }
    /// Tensor indices in the model's order.
    public var inputs: UnsafeBufferPointer<UInt32> { records(InputsSection.self) }
    /// Tensor indices in the model's order.
    public var outputs: UnsafeBufferPointer<UInt32> { records(OutputsSection.self) }
    public var fusions: UnsafeBufferPointer<oc_fusion> { records(FusionsSection.self) }
}
