import Bundle
import CBundle

/// A small bundle with every section, sound in all that `BundleView` checks.
public enum SampleBundle {
    public static let labels = ["cat", "dog"]

    public static func make() -> [UInt8] { make(second: make(second: nil)) }

    /// - Parameter second: of its cascade; nil: it has no detector either.
    private static func make(second: [UInt8]?) -> [UInt8] {
        var writer = BundleWriter()
        var model = oc_model()
        model.name = writer.intern("sample".utf8)
        model.origin = writer.intern("sample.tflite".utf8)
        model.board = writer.intern("host".utf8)
        model.builder = writer.intern("ocellus 0".utf8)
        model.kernel_set = OC_SET_SCALAR.rawValue
        model.threads = 2
        (model.cpus.0, model.cpus.1) = (4, 1)
        model.caches = oc_caches(l1: 32768, l2: 524_288, l3: 4_194_304)
        model.arena_bytes = 128
        model.macs = 24
        var step = oc_step()
        step.kernel = OC_KERNEL_MATRIX.rawValue
        step.name = writer.intern("operator 0".utf8)
        writer.add(OC_SECTION_MODEL, [model])
        writer.add(
            OC_SECTION_TENSORS,
            [
                tensor(writer.intern("picture".utf8), [1, 2, 2, 3], OC_SPACE_ARENA, offset: 0),
                tensor(writer.intern("scores".utf8), [1, 2], OC_SPACE_ARENA, offset: 64),
                tensor(writer.intern("constant".utf8), [5], OC_SPACE_WEIGHTS, offset: 3),
                tensor(writer.intern("boxes".utf8), [1, 1, 1, 7], OC_SPACE_ARENA, offset: 72),
            ])
        writer.add(OC_SECTION_STEPS, [step])
        writer.add(OC_SECTION_INPUTS, [UInt32(0)])
        writer.add(OC_SECTION_OUTPUTS, [UInt32(1)])
        writer.add(OC_SECTION_WEIGHTS, [UInt8](1...8))
        let texts = labels.map { writer.intern($0.utf8) }
        writer.add(OC_SECTION_LABELS, texts)
        writer.add(OC_SECTION_PREPROCESS, [preprocess])
        writer.add(OC_SECTION_SCORES, [scores])
        if let second { addDetector(second, to: &writer) }
        var watch = oc_watch()
        watch.name = writer.intern("a dog".utf8)
        watch.zone = 1
        (watch.label, watch.on, watch.off, watch.smoothing) = (1, 40_000, 30_000, 65_536)
        var several = oc_watch()
        several.name = writer.intern("a pet".utf8)
        (several.label, several.on, several.off, several.smoothing) = (0, 50_000, 50_000, 65_536)
        several.further_count = 1
        writer.add(OC_SECTION_WATCH, [watch, several])
        writer.add(OC_SECTION_WATCH_LABELS, [UInt32(1)])
        var sensor = oc_sensor()
        sensor.name = writer.intern("door".utf8)
        sensor.source = writer.intern("-".utf8)
        sensor.topic = writer.intern("home".utf8)
        sensor.heartbeat = 1000
        writer.add(OC_SECTION_SENSOR, [sensor])
        var source = oc_source_settings()
        source.command = writer.intern("cat\0frames\0".utf8)
        source.format = writer.intern("nv12".utf8)
        (source.width, source.height, source.stall) = (320, 240, 2000)
        writer.add(OC_SECTION_SOURCE, [source])
        let control = oc_control(name: writer.intern("gain".utf8), value: writer.intern("7".utf8))
        writer.add(OC_SECTION_CONTROLS, [control])
        var line = oc_line()
        line.name = writer.intern("button".utf8)
        line.chip = writer.intern("board".utf8)
        (line.offset, line.use, line.frames) = (4, UInt8(OC_LINE_TRIGGER_BURST.rawValue), 3)
        writer.add(OC_SECTION_LINES, [line])
        var zone = oc_zone()
        zone.name = writer.intern("garden".utf8)
        zone.part = oc_region(x: 0, y: 100, width: 65535, height: 1000)
        writer.add(OC_SECTION_ZONES, [zone])
        writer.add(OC_SECTION_MASKS, [oc_region(x: 1, y: 2, width: 3, height: 4)])
        var motion = oc_motion()
        (motion.level, motion.area, motion.hold) = (10, 300, 2000)
        writer.add(OC_SECTION_MOTION, [motion])
        var record = oc_record()
        record.folder = writer.intern("/var/lib/door".utf8)
        (record.budget, record.before, record.after, record.side, record.quality) = (1_000_000, 2, 3, 320, 75)
        writer.add(OC_SECTION_RECORD, [record])
        var fusion = oc_fusion()
        fusion.what = writer.intern("two in one".utf8)
        fusion.why = writer.intern("it pays".utf8)
        (fusion.count, fusion.first_step, fusion.step_count, fusion.bytes) = (1, 0, 1, 64)
        writer.add(OC_SECTION_FUSIONS, [fusion])
        return writer.finish()
    }

    private static func addDetector(_ second: [UInt8], to writer: inout BundleWriter) {
        var tracker = oc_tracker()
        (tracker.high, tracker.low, tracker.birth, tracker.lost, tracker.tracks) = (20_000, 10_000, 30_000, 1000, 9)
        writer.add(OC_SECTION_TRACKER, [tracker])
        var area = oc_area()
        (area.name, area.corners) = (writer.intern("yard".utf8), 3)
        writer.add(OC_SECTION_AREAS, [area])
        writer.add(
            OC_SECTION_CORNERS, [oc_corner(x: 0, y: 0), oc_corner(x: 65535, y: 0), oc_corner(x: 9, y: 65535)])
        var object = oc_object_rule()
        (object.area, object.most_width, object.most_height) = (1, 65535, 40_000)
        (object.least_aspect, object.anchor, object.sub_label) = (3000, 1, 2)
        writer.add(OC_SECTION_OBJECT_RULES, [object, object])
        var crossing = oc_crossing()
        crossing.name = writer.intern("gate".utf8)
        (crossing.from, crossing.to, crossing.label) = (oc_corner(x: 1, y: 2), oc_corner(x: 3, y: 4), 1)
        writer.add(OC_SECTION_CROSSINGS, [crossing])
        var detector = oc_detector()
        detector.name = writer.intern("anchors".utf8)
        (detector.bins, detector.classes, detector.points) = (1, 2, 1)
        (detector.score, detector.overlap, detector.candidates, detector.detections) = (30_000, 20_000, 8, 4)
        writer.add(OC_SECTION_DETECTOR, [detector])
        var level = oc_level()
        (level.rows, level.columns, level.anchors) = (1, 1, 1)
        (level.stride_x, level.stride_y) = (65536, 65536)
        level.positions = field(first: 0, curve: 0)
        level.sizes = field(first: 2, curve: 0)
        level.scores = field(first: 4, curve: 1)
        level.objectness = field(first: 6, curve: 1)
        level.points = field(first: 0, curve: 0)
        writer.add(OC_SECTION_LEVELS, [level])
        writer.add(OC_SECTION_PRIORS, [oc_prior(x: 1, y: 2, unit_x: 3, unit_y: 4, width: 5, height: 6)])
        writer.add(OC_SECTION_CURVES, [oc_curve(rising: { 1000 * Int32($0) }), oc_curve(rising: { 257 * Int32($0) })])
        var cascade = oc_cascade()
        (cascade.score, cascade.margin, cascade.most, cascade.every) = (40_000, 6000, 3, 500)
        writer.add(OC_SECTION_CASCADE, [cascade])
        writer.add(OC_SECTION_CASCADE_LABELS, [UInt32(1)])
        writer.add(OC_SECTION_CASCADE_BUNDLE, second)
    }

    private static func tensor(_ name: oc_text, _ shape: [Int32], _ space: oc_space, offset: UInt32) -> oc_tensor {
        var tensor = oc_tensor()
        tensor.name = name
        tensor.type = UInt8(OC_TYPE_INT8.rawValue)
        tensor.rank = UInt8(shape.count)
        tensor.space = UInt8(space.rawValue)
        tensor.shape = (1, 1, 1, 1, 1, 1)
        withUnsafeMutableBytes(of: &tensor.shape) { raw in
            for (d, extent) in shape.enumerated() { raw.bindMemory(to: Int32.self)[d] = extent }
        }
        tensor.offset = offset
        tensor.bytes = UInt32(shape.reduce(1, *))
        tensor.scale = 0.5
        return tensor
    }

    private static func field(first: UInt32, curve: UInt32) -> oc_field {
        oc_field(tensor: 3, first: first, place: 7, anchor: 7, step: 1, curve: curve, flip: 0x80)
    }

    private static var preprocess: oc_preprocess {
        var record = oc_preprocess()
        (record.width, record.height, record.channels, record.tensor) = (2, 2, 3, 0)
        record.crop = (0, 0, 65535, 65535)
        return record
    }

    private static var scores: oc_scores {
        var record = oc_scores()
        (record.tensor, record.count) = (1, 2)
        withUnsafeMutableBytes(of: &record.table) { raw in
            for byte in 0...255 { raw.bindMemory(to: UInt32.self)[byte] = UInt32(256 * byte) }
        }
        return record
    }
}

extension oc_curve {
    fileprivate init(rising value: (Int) -> Int32) {
        self.init()
        withUnsafeMutableBytes(of: &values) { raw in
            for element in 0...255 { raw.bindMemory(to: Int32.self)[element] = value(element) }
        }
    }
}
