import Bundle
import CBundle
import Graph
import Kernels

/// Everything in a bundle; `ocellus inspect --json` prints these fields. Offsets and sizes are bytes.
struct BundleReport: Codable {
    struct Section: Codable {
        var kind: String
        var records: Int
        var offset: UInt64
        var bytes: UInt64
        var crc32c: String
    }

    struct Tensor: Codable {
        var description: TensorDescription
        /// "arena" or "weights".
        var space: String
        var offset: Int
        /// The step that writes it; nil for inputs and constants.
        var firstStep: Int?
        /// The last step that reads it; nil: it stays to the end.
        var lastStep: Int?
    }

    struct Step: Codable {
        var kernel: String
        /// Where it comes from in the trained model.
        var origin: String
        /// Indices into `tensors`.
        var inputs: [Int]
        var output: Int?
        /// Shapes of the first input and of the output; of a strip, with the rows that it reads and writes.
        var shapes: [[Int]]
        var geometry: String
        var macs: Int
        var constantBytes: Int
        var scratchBytes: Int
    }

    /// Something that was folded, fused or cut into strips.
    struct Fusion: Codable {
        var what: String
        var why: String
        var count: Int
        /// The steps that came of it; nil: several, or none.
        var firstStep: Int?
        var steps: Int
        /// Of tensors that are never whole, less those of the buffers in their place.
        var bytes: Int
        /// That the arena would be larger without this alone.
        var arenaBytes: Int
    }

    struct Picture: Codable {
        var width: Int
        var height: Int
        var channels: Int
        var tensor: Int
        var skippedSteps: Int
        var fit: String
        var order: String
        var fill: Int
        /// x, y, width and height in fractions of the frame.
        var crop: [Double]
    }

    struct Watch: Codable {
        var name: String
        var label: Int
        /// 0: the picture's own crop; n: zone n - 1.
        var zone: Int
        var on: Double
        var off: Double
        var smoothing: Double
        var enterAfterMilliseconds: Int
        var leaveAfterMilliseconds: Int
        var cooldownMilliseconds: Int
        var updateEveryMilliseconds: Int
    }

    struct Zone: Codable {
        var name: String
        /// x, y, width and height in fractions of the frame.
        var part: [Double]
    }

    struct Motion: Codable {
        var level: Int
        var area: Double
        var holdMilliseconds: Int
        var everyMilliseconds: Int
    }

    struct Sensor: Codable {
        var name: String
        var source: String
        var topic: String
        var heartbeatMilliseconds: Int
        var maxFPS: Double
        var isMetadataOnly: Bool
    }

    struct Record: Codable {
        var folder: String
        var budgetBytes: UInt64
        var framesBefore: Int
        var framesAfter: Int
        var size: Int
        var quality: Int
    }

    var file: String
    var formatVersion: Int
    var fileBytes: Int
    var model: String
    var origin: String
    var originCRC32C: String
    var builder: String
    var board: String
    var kernels: String
    var threads: Int
    /// The CPUs that they are pinned to.
    var cpus: [Int]
    var flip: Int
    var macs: Int
    var arenaBytes: Int
    var sections: [Section]
    /// Indices into `tensors`, in the model's order.
    var inputs: [Int]
    var outputs: [Int]
    var picture: Picture?
    /// The tensor that holds the scores, and how many they are.
    var scoreTensor: Int?
    var scoreCount: Int?
    var labels: [String]
    var watch: [Watch]
    var sensor: Sensor?
    var zones: [Zone]
    var masks: [[Double]]
    var motion: Motion?
    var record: Record?
    var tensors: [Tensor]
    var steps: [Step]
    var fusions: [Fusion]

    /// - Parameter view: steps verified.
    init(_ view: BundleView, file: String) {
        self.file = file
        let header = view.bytes.load(as: oc_header.self)
        let record = view.model.pointee
        formatVersion = Int(header.version)
        fileBytes = view.bytes.count
        model = view.string(record.name)
        origin = view.string(record.origin)
        originCRC32C = Self.hexadecimal(record.origin_crc)
        builder = view.string(record.builder)
        board = view.string(record.board)
        kernels = KernelSet(rawValue: record.kernel_set).map { "\($0.name)" } ?? "number \(record.kernel_set)"
        threads = Int(record.threads)
        cpus = view.cpus.map { Int($0) }
        flip = Int(record.flip)
        macs = Int(clamping: record.macs)
        arenaBytes = Int(clamping: record.arena_bytes)
        sections = (0..<Int(header.section_count)).map { index in
            let section = view.bytes.loadUnaligned(
                fromByteOffset: MemoryLayout<oc_header>.size + index * MemoryLayout<oc_section>.stride,
                as: oc_section.self)
            return Section(
                kind: Self.sectionName(section.kind), records: Int(section.count), offset: section.offset,
                bytes: section.bytes, crc32c: Self.hexadecimal(section.crc))
        }
        inputs = view.inputs.map { Int($0) }
        outputs = view.outputs.map { Int($0) }
        picture = view.preprocess.map { Picture($0.pointee) }
        scoreTensor = view.scores.map { Int($0.pointee.tensor) }
        scoreCount = view.scores.map { Int($0.pointee.count) }
        labels = view.labels.map { view.string($0) }
        watch = view.watches.map { Watch($0, name: view.string($0.name)) }
        sensor = view.sensor.map { pointer in
            let sensor = pointer.pointee
            return Sensor(
                name: view.string(sensor.name), source: view.string(sensor.source), topic: view.string(sensor.topic),
                heartbeatMilliseconds: Int(sensor.heartbeat), maxFPS: Double(sensor.max_fps) / 1000,
                isMetadataOnly: sensor.privacy == OC_PRIVACY_METADATA.rawValue)
        }
        zones = view.zones.map { Zone(name: view.string($0.name), part: Self.fractions($0.part)) }
        masks = view.masks.map(Self.fractions)
        motion = view.motion.map { pointer in
            let motion = pointer.pointee
            return Motion(
                level: Int(motion.level), area: Double(motion.area) / 65536, holdMilliseconds: Int(motion.hold),
                everyMilliseconds: Int(motion.every))
        }
        self.record = view.record.map { pointer in
            let record = pointer.pointee
            return Record(
                folder: view.string(record.folder), budgetBytes: record.budget, framesBefore: Int(record.before),
                framesAfter: Int(record.after), size: Int(record.side), quality: Int(record.quality))
        }
        tensors = view.tensors.map { Tensor($0, in: view) }
        steps = view.steps.map { Step($0, in: view) }
        fusions = view.fusions.map { Fusion($0, in: view) }
    }

    private static func fractions(_ region: oc_region) -> [Double] {
        [region.x, region.y, region.width, region.height].map { Double($0) / 65535 }
    }

    static func hexadecimal(_ number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    private static func sectionName(_ kind: UInt32) -> String {
        switch oc_section_kind(rawValue: kind) {
        case OC_SECTION_MODEL: "model"
        case OC_SECTION_STRINGS: "strings"
        case OC_SECTION_TENSORS: "tensors"
        case OC_SECTION_STEPS: "steps"
        case OC_SECTION_WEIGHTS: "weights"
        case OC_SECTION_INPUTS: "inputs"
        case OC_SECTION_OUTPUTS: "outputs"
        case OC_SECTION_LABELS: "labels"
        case OC_SECTION_PREPROCESS: "preprocess"
        case OC_SECTION_SCORES: "scores"
        case OC_SECTION_WATCH: "watch"
        case OC_SECTION_SENSOR: "sensor"
        case OC_SECTION_SOURCE: "source"
        case OC_SECTION_CONTROLS: "controls"
        case OC_SECTION_LINES: "lines"
        case OC_SECTION_FUSIONS: "fusions"
        case OC_SECTION_ZONES: "zones"
        case OC_SECTION_MASKS: "masks"
        case OC_SECTION_MOTION: "motion"
        case OC_SECTION_RECORD: "record"
        default: "kind \(kind)"
        }
    }
}

extension BundleReport.Picture {
    init(_ record: oc_preprocess) {
        width = Int(record.width)
        height = Int(record.height)
        channels = Int(record.channels)
        tensor = Int(record.tensor)
        skippedSteps = Int(record.skip_steps)
        fit =
            switch oc_fit(rawValue: UInt32(record.fit)) {
            case OC_FIT_COVER: "cover"
            case OC_FIT_CONTAIN: "contain"
            default: "stretch"
            }
        order = record.channels == 1 ? "grey" : record.bgr == 1 ? "bgr" : "rgb"
        fill = Int(record.fill)
        crop = [record.crop.0, record.crop.1, record.crop.2, record.crop.3].map { Double($0) / 65535 }
    }
}

extension BundleReport.Watch {
    init(_ record: oc_watch, name: String) {
        self.name = name
        label = Int(record.label)
        zone = Int(record.zone)
        on = Double(record.on) / 65536
        off = Double(record.off) / 65536
        smoothing = Double(record.smoothing) / 65536
        enterAfterMilliseconds = Int(record.enter_after)
        leaveAfterMilliseconds = Int(record.leave_after)
        cooldownMilliseconds = Int(record.cooldown)
        updateEveryMilliseconds = Int(record.update_every)
    }
}

extension BundleReport.Tensor {
    init(_ record: oc_tensor, in view: BundleView) {
        description = TensorDescription(record, in: view)
        space = UInt32(record.space) == OC_SPACE_ARENA.rawValue ? "arena" : "weights"
        offset = Int(record.offset)
        firstStep = record.first_step == UInt32(OC_NO_STEP) ? nil : Int(record.first_step)
        lastStep = record.last_step == UInt32(OC_NO_STEP) ? nil : Int(record.last_step)
    }
}

extension BundleReport.Fusion {
    init(_ record: oc_fusion, in view: BundleView) {
        what = view.string(record.what)
        why = view.string(record.why)
        count = Int(record.count)
        firstStep = record.first_step == UInt32(OC_NO_STEP) ? nil : Int(record.first_step)
        steps = Int(record.step_count)
        bytes = Int(clamping: record.bytes)
        arenaBytes = Int(clamping: record.arena_bytes)
    }
}

extension BundleReport.Step {
    init(_ record: oc_step, in view: BundleView) {
        func tensor(_ operand: oc_operand) -> Int? {
            let index = Int(operand.tensor)
            return operand.space != OC_SPACE_NONE.rawValue && view.tensors.indices.contains(index) ? index : nil
        }
        kernel = "\(record.kernelName)"
        origin = view.string(record.name)
        inputs = [tensor(record.in.0), tensor(record.in.1)].compactMap(\.self)
        output = tensor(record.out)
        shapes = [record.in.0, record.out].map { $0.shape(in: view) }
        geometry = record.geometry
        macs = Int(clamping: record.macs)
        constantBytes = Int(record.constants.bytes)
        scratchBytes = Int(record.scratch.bytes)
    }
}

extension oc_operand {
    /// The shape of the tensor that it is, or of its part: some rows of a picture.
    func shape(in view: BundleView) -> [Int] {
        guard space != OC_SPACE_NONE.rawValue, view.tensors.indices.contains(Int(tensor)) else { return [] }
        let whole = view.tensors[Int(tensor)]
        var shape = TensorDescription(whole, in: view).shape
        if bytes < whole.bytes, shape.count == 4 { shape[1] = shape[1] * Int(bytes) / Int(whole.bytes) }
        return shape
    }
}

extension oc_step {
    /// Whether it makes some rows of its output only.
    func isStrip(in view: BundleView) -> Bool {
        view.tensors.indices.contains(Int(out.tensor)) && out.bytes < view.tensors[Int(out.tensor)].bytes
            && out.shape(in: view).count == 4
    }
}
