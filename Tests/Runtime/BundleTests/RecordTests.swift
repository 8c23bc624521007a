import Bundle
import CBundle
import TestSupport
import Testing

/// The rules of each record, each broken alone.
@Suite struct RecordTests {
    @Test("All kinds of sections are described, each once")
    func kinds() throws {
        let kinds = try BundleFields(SampleBundle.make()).sections.map(\.kind.rawValue)
        #expect(kinds.sorted() == Array(1..<OC_SECTION_KIND_LIMIT.rawValue))
    }

    @Test("A description goes through its record to the end, field by field")
    func wholeRecords() throws {
        let fields = try BundleFields(SampleBundle.make())
        for section in fields.sections where !section.isBytes {
            #expect(section.count > 0, "the sample lacks \(section.name)")
            for record in 0..<section.count {
                var end = record * section.recordBytes
                for place in fields.places where place.section == section.name && place.record == record {
                    #expect(place.offset == end, "\(place.section): \(place.name)")
                    end += place.width * place.count
                }
                #expect(end == (record + 1) * section.recordBytes, "\(section.name)")
            }
        }
    }

    /// Whatever can be wrong of a field by its kind alone is told by its name and its first byte.
    @Test("A wrong field is told by name and byte")
    func everyField() throws {
        let fields = try BundleFields(SampleBundle.make())
        var tried = 0
        for place in fields.places {
            var wrong: [(offset: Int, bytes: [UInt8])] = []
            switch place.meaning {
            case .text, .arguments: wrong = [(0, [255, 255, 255, 127]), (4, [255, 255, 255, 255])]
            case .reserved: wrong = (0..<place.count).map { ($0, [1]) }
            case .flag: wrong = [(0, [2])]
            case .choice, .kernelSet: wrong = [(0, [UInt8](repeating: 255, count: place.width))]
            case .region: wrong = [(4, [0, 0]), (6, [0, 0])]
            default: break
            }
            for (offset, bytes) in wrong {
                var file = BundleFile(SampleBundle.make())
                let section = try #require(file.sections.firstIndex { $0.kind == place.kind.rawValue })
                file.sections[section].bytes.replaceSubrange(
                    place.offset + offset..<place.offset + offset + bytes.count, with: bytes)
                let damaged = file.bytes()
                guard let error = refusal(damaged) else {
                    Issue.record("\(place.section) \(place.record): \(place.name) is taken")
                    continue
                }
                #expect(error.byte == sectionOffset(place.kind, in: damaged) + place.offset, "\(error.message)")
                #expect(error.message.contains(": \(place.section)"), "\(error.message)")
                let name = place.name.isEmpty ? place.section : place.name
                #expect(error.message.contains(name), "\(error.message)")
                tried += 1
            }
        }
        #expect(tried > 200)
    }

    @Test func texts() throws {
        let strings = try #require(BundleFile(SampleBundle.make())[OC_SECTION_STRINGS]).bytes.count
        accept(OC_SECTION_SENSOR) { (r: inout oc_sensor) in r.topic = oc_text(offset: UInt32(strings), length: 0) }
        let beyond = oc_text(offset: UInt32(strings), length: 1)
        expect("sensor: source lies outside", OC_SECTION_SENSOR, at: 8) { (r: inout oc_sensor) in r.source = beyond }
        expect("tensors 1: name lies outside", OC_SECTION_TENSORS, 1) { (r: inout oc_tensor) in r.name = beyond }
        expect("labels 1 lies outside", OC_SECTION_LABELS, 1) { (r: inout oc_text) in r = beyond }
    }

    @Test func model() {
        for wrong in [0, OC_SET_LIMIT.rawValue, .max] {
            expect("kernel set", OC_SECTION_MODEL, at: 32) { (r: inout oc_model) in r.kernel_set = wrong }
        }
        for wrong: UInt32 in [1, 0x7f, 0x81] {
            expect("flip is neither", OC_SECTION_MODEL, at: 36) { (r: inout oc_model) in r.flip = wrong }
        }
        for wrong: UInt32 in [0, 17] {
            expect("threads is out of range", OC_SECTION_MODEL, at: 40) { (r: inout oc_model) in r.threads = wrong }
        }
        for wrong: UInt64 in [129, 1 << 31, .max - 63, 192, 1 << 31 - 64] {
            expect("arena", OC_SECTION_MODEL, at: 48) { (r: inout oc_model) in r.arena_bytes = wrong }
        }
        accept(OC_SECTION_MODEL) { (r: inout oc_model) in
            (r.flip, r.threads, r.cpus.0, r.cpus.1) = (0x80, 16, 0, 0)
        }
    }

    @Test("Multiply-accumulates are numbers that JSON's readers take, and that reports can reckon with")
    func macs() {
        for wrong: UInt64 in [1 << 53, .max] {
            expect("model: macs is out of range", OC_SECTION_MODEL, at: 56) { (r: inout oc_model) in r.macs = wrong }
            expect("steps 0: macs is out of range", OC_SECTION_STEPS, at: 16) { (r: inout oc_step) in r.macs = wrong }
        }
        accept(OC_SECTION_MODEL) { (r: inout oc_model) in r.macs = 1 << 53 - 1 }
    }

    @Test func cpus() {
        let kind = OC_SECTION_MODEL
        let wrong: [(inout oc_model) -> Void] = [
            { $0.cpus.0 = 1025 }, { $0.cpus.1 = .max }, { $0.cpus.1 = $0.cpus.0 }, { $0.cpus.2 = $0.cpus.1 },
            { $0.cpus.0 = 0 }, { $0.cpus.3 = 9 }, { $0.cpus.15 = 1 },
        ]
        for change in wrong {
            expect("out of range, listed twice or have gaps", kind, at: 64) { (r: inout oc_model) in change(&r) }
        }
        expect("cpus are fewer than the threads", kind, at: 64) { (r: inout oc_model) in r.cpus.1 = 0 }
        expect("cpus are fewer than the threads", kind, at: 64) { (r: inout oc_model) in r.threads = 3 }
        accept(kind) { (r: inout oc_model) in (r.cpus.0, r.cpus.1) = (1024, 1) }
        accept(kind) { (r: inout oc_model) in (r.cpus.0, r.cpus.1) = (0, 0) }
        accept(kind) { (r: inout oc_model) in r.threads = 1 }
    }

    @Test func caches() {
        let kind = OC_SECTION_MODEL
        let wrong: [(inout oc_caches) -> Void] = [
            { $0.l1 = 0 }, { $0.l2 = 0 }, { ($0.l1, $0.l2) = (0, 0) },
        ]
        for change in wrong {
            expect("caches.l1 is told without", kind, at: 96) { (r: inout oc_model) in change(&r.caches) }
        }
        accept(kind) { (r: inout oc_model) in r.caches.l3 = 0 }
        accept(kind) { (r: inout oc_model) in r.caches = oc_caches(l1: 0, l2: 0, l3: 0) }
        accept(kind) { (r: inout oc_model) in r.caches = oc_caches(l1: .max, l2: .max, l3: .max) }
    }

    @Test("CPUs are listed as Linux does")
    func cpuLists() {
        #expect(cpuList([]) == "" && cpuList([7]) == "7" && cpuList([0, 1, 2, 3]) == "0-3")
        #expect(cpuList([4, 5, 0, 2, 3]) == "4-5, 0, 2-3" && cpuList([3, 2]) == "3, 2")
    }

    @Test func tensors() {
        for wrong: UInt8 in [0, 6, 255] {
            expect("tensors 0: type is unknown", OC_SECTION_TENSORS, at: 8) { (r: inout oc_tensor) in r.type = wrong }
        }
        expect("rank", OC_SECTION_TENSORS, at: 9) { (r: inout oc_tensor) in r.rank = 7 }
        for wrong: Int32 in [0, -1, .min] {
            expect("extent below 1", OC_SECTION_TENSORS, at: 12) { (r: inout oc_tensor) in r.shape.1 = wrong }
        }
        expect("extent below 1", OC_SECTION_TENSORS, at: 12) { (r: inout oc_tensor) in r.rank = 3 }
        expect("more than 2^31", OC_SECTION_TENSORS, at: 12) { (r: inout oc_tensor) in
            (r.shape.0, r.shape.1) = (.max, .max)
        }
        expect("do not match its shape", OC_SECTION_TENSORS, at: 40) { (r: inout oc_tensor) in r.bytes += 1 }
        expect("do not match its shape", OC_SECTION_TENSORS, at: 40) { (r: inout oc_tensor) in
            r.type = UInt8(OC_TYPE_INT32.rawValue)
        }
        accept(OC_SECTION_TENSORS, 1) { (r: inout oc_tensor) in r.offset = 126 }
        for wrong: UInt32 in [127, .max] {
            expect("outside its space", OC_SECTION_TENSORS, 1, at: 36) { (r: inout oc_tensor) in r.offset = wrong }
        }
        expect("outside its space", OC_SECTION_TENSORS, 2, at: 36) { (r: inout oc_tensor) in r.offset = 4 }
        expect("outside its space", OC_SECTION_TENSORS, 2, at: 36) { (r: inout oc_tensor) in r.space = 0 }
        expect("space is unknown", OC_SECTION_TENSORS, 2, at: 10) { (r: inout oc_tensor) in r.space = 3 }
        for wrong: Float in [-1, .infinity, .nan] {
            expect("scale", OC_SECTION_TENSORS, at: 44) { (r: inout oc_tensor) in r.scale = wrong }
        }
    }

    @Test func recordings() {
        let kind = OC_SECTION_RECORD
        for wrong: UInt64 in [0, 1 << 63, .max] {
            expect("record: budget is out of range", kind, at: 8) { (r: inout oc_record) in r.budget = wrong }
        }
        expect("framesBefore", kind, at: 16) { (r: inout oc_record) in r.before = 1001 }
        expect("framesAfter", kind, at: 20) { (r: inout oc_record) in r.after = .max }
        for wrong: UInt32 in [0, 15, 4097] {
            expect("size", kind, at: 24) { (r: inout oc_record) in r.side = wrong }
        }
        for wrong: UInt32 in [0, 101] {
            expect("quality", kind, at: 28) { (r: inout oc_record) in r.quality = wrong }
        }
        expect("privacy is unknown", OC_SECTION_SENSOR, at: 32) { (r: inout oc_sensor) in r.privacy = 2 }
        accept(OC_SECTION_SENSOR) { (r: inout oc_sensor) in r.privacy = OC_PRIVACY_METADATA.rawValue }
    }

    @Test func ports() {
        for kind in [OC_SECTION_INPUTS, OC_SECTION_OUTPUTS] {
            for wrong: UInt32 in [2, 4, .max] { expect(" 0 is no tensor", kind) { (r: inout UInt32) in r = wrong } }
        }
    }

    @Test func preprocess() {
        let kind = OC_SECTION_PREPROCESS
        let changes: [(String, Int, (inout oc_preprocess) -> Void)] = [
            ("width", 0, { $0.width = 0 }), ("width", 0, { $0.width = 8193 }), ("height", 4, { $0.height = 8193 }),
            ("height", 4, { $0.height = 0 }), ("height", 4, { $0.height = .max }), ("channels", 8, { $0.channels = 2 }),
            ("tensor does not exist", 12, { $0.tensor = 4 }), ("skippedSteps", 16, { $0.skip_steps = 2 }),
            ("fit", 20, { $0.fit = 3 }), ("bgr", 21, { $0.bgr = 2 }), ("orientation", 23, { $0.orientation = 8 }),
            ("tensor is not 8-bit, or", 12, { $0.width = 1 }), ("tensor is not 8-bit, or", 12, { $0.tensor = 2 }),
        ]
        for (text, byte, change) in changes {
            expect("preprocess: \(text)", kind, at: byte) { (r: inout oc_preprocess) in change(&r) }
        }
        accept(kind) { (r: inout oc_preprocess) in (r.skip_steps, r.orientation) = (1, 7) }
        let crops: [(UInt16, UInt16, UInt16, UInt16)] = [
            (0, 0, 0, 1), (0, 0, 1, 0), (1, 0, 65535, 1), (0, 1, 1, 65535),
        ]
        for crop in crops { expect("crop", kind, at: 24) { (r: inout oc_preprocess) in r.crop = crop } }
        accept(kind) { (r: inout oc_preprocess) in r.crop = (65534, 65534, 1, 1) }
    }

    @Test func scores() {
        let kind = OC_SECTION_SCORES
        expect("scores: tensor is not 8-bit", kind) { (r: inout oc_scores) in r.tensor = 2 }
        expect("scores: tensor does not exist", kind) { (r: inout oc_scores) in r.tensor = 4 }
        for wrong: UInt32 in [0, 1, 3] {
            expect("count", kind, at: 4) { (r: inout oc_scores) in r.count = wrong }
        }
        expect("count", kind, at: 4) { (r: inout oc_scores) in (r.tensor, r.count) = (0, 12) }
        expect("above 65536", kind, at: 8) { (r: inout oc_scores) in r.table.255 = 65537 }
        accept(kind) { (r: inout oc_scores) in r.table.255 = 65536 }
    }

    @Test func sources() {
        let kind = OC_SECTION_SOURCE
        let changes: [(String, Int, (inout oc_source_settings) -> Void)] = [
            ("height is given without a width", 20, { $0.width = 0 }),
            ("height is given without a width, or the width alone", 20, { $0.height = 0 }),
            ("width", 16, { $0.width = 65536 }), ("height", 20, { $0.height = 65536 }),
            ("fps", 24, { $0.fps = 1_000_001 }), ("stall", 28, { $0.stall = 99 }),
            ("command does not end", 0, { $0.command.length -= 1 }),
        ]
        for (text, byte, change) in changes {
            expect("source: \(text)", kind, at: byte) { (r: inout oc_source_settings) in change(&r) }
        }
        accept(kind) { (r: inout oc_source_settings) in (r.width, r.height, r.command.length) = (0, 0, 0) }
    }

    @Test func fusions() {
        let kind = OC_SECTION_FUSIONS
        expect("do not exist", kind, at: 20) { (r: inout oc_fusion) in r.step_count = .max }
        expect("do not exist", kind, at: 20) { (r: inout oc_fusion) in r.first_step = 1 }
        accept(kind) { (r: inout oc_fusion) in r.first_step = UInt32(OC_NO_STEP) }
    }

    @Test func lines() {
        let kind = OC_SECTION_LINES
        expect("no name, and no chip beside it", kind, at: 8) { (r: inout oc_line) in r.chip.length = 0 }
        for frames: UInt32 in [0, 1_000_001] {
            expect("frames", kind, at: 44) { (r: inout oc_line) in r.frames = frames }
        }
        expect("frames", kind, at: 44) { (r: inout oc_line) in r.use = 0 }
        for use in 5...8 as ClosedRange<UInt8> {
            expect("time is out of range", kind, at: 48) { (r: inout oc_line) in (r.use, r.frames) = (use, 0) }
            accept(kind) { (r: inout oc_line) in (r.use, r.frames, r.time) = (use, 0, 1) }
        }
        expect("use is unknown", kind, at: 36) { (r: inout oc_line) in r.use = 9 }
        expect("bias is unknown", kind, at: 38) { (r: inout oc_line) in r.bias = 4 }
    }

    @Test func regions() throws {
        let parts = [
            oc_region(x: 0, y: 0, width: 0, height: 1), oc_region(x: 0, y: 0, width: 1, height: 0),
            oc_region(x: 1, y: 0, width: 65535, height: 1), oc_region(x: 0, y: 65535, width: 1, height: 1),
        ]
        for part in parts {
            expect("zones 0: part is empty or leaves", OC_SECTION_ZONES, at: 8) { (r: inout oc_zone) in r.part = part }
            expect("masks 0 is empty or leaves", OC_SECTION_MASKS) { (r: inout oc_region) in r = part }
        }
        accept(OC_SECTION_MASKS) { (r: inout oc_region) in r = oc_region(x: 65534, y: 0, width: 1, height: 65535) }
        let changes: [(String, Int, (inout oc_motion) -> Void)] = [
            ("level", 0, { $0.level = 0 }), ("level", 0, { $0.level = 256 }), ("area", 4, { $0.area = 0 }),
            ("area", 4, { $0.area = 65537 }),
        ]
        for (text, byte, change) in changes {
            expect("motion: \(text) is out", OC_SECTION_MOTION, at: byte) { (r: inout oc_motion) in change(&r) }
        }
        var file = BundleFile(SampleBundle.make())
        file[OC_SECTION_PREPROCESS] = nil
        #expect(refusal(file.bytes())?.message.contains("zones 0: name is a zone of no picture") == true)
    }

    @Test func detector() {
        let kind = OC_SECTION_DETECTOR
        let changes: [(String, Int, (inout oc_detector) -> Void)] = [
            ("coder is unknown", 8, { $0.coder = 3 }), ("bins", 12, { $0.bins = 0 }), ("bins", 12, { $0.bins = 65 }),
            ("classes are not as many as the labels", 16, { $0.classes = 1 }), ("classes", 16, { $0.classes = 4097 }),
            ("firstClass", 20, { $0.first_class = 2 }), ("points", 24, { $0.points = 65 }),
            ("score", 28, { $0.score = 0 }),
            ("suppression", 32, { $0.suppression = 5 }), ("overlap", 36, { $0.overlap = 65537 }),
            ("candidates", 40, { $0.candidates = 4097 }), ("detections", 44, { $0.detections = 513 }),
            ("verticalFirst", 48, { $0.vertical_first = 2 }),
            ("pointGap", 49, { $0.point_gap = 9 }),
        ]
        for (text, byte, change) in changes {
            expect("detector: \(text)", kind, at: byte) { (r: inout oc_detector) in change(&r) }
        }
        var file = BundleFile(SampleBundle.make())
        file[OC_SECTION_LEVELS] = nil
        #expect(refusal(file.bytes())?.message.contains("detector: name has no levels") == true)
        // Cells have no positions.
        file = BundleFile(SampleBundle.make())
        file.edit(kind, as: oc_detector.self) { $0.coder = OC_CODER_CELLS.rawValue }
        #expect(refusal(file.bytes())?.message.contains("levels 0: positions is missing, or one too many") == true)
    }

    @Test func levels() {
        let kind = OC_SECTION_LEVELS
        let changes: [(String, Int, (inout oc_level) -> Void)] = [
            ("rows", 0, { $0.rows = 0 }), ("columns", 4, { $0.columns = 8193 }),
            ("anchors", 8, { $0.anchors = .max }), ("firstPrior", 12, { $0.first_prior = 1 }),
            ("firstPrior", 12, { $0.anchors = 2 }), ("strideX", 16, { $0.stride_y = 0 }),
            ("strideY", 20, { $0.stride_y = 1 << 31 }), ("positions names a tensor", 24, { $0.positions.tensor = 4 }),
            ("positions leaves its tensor", 24, { $0.positions.first = 6 }),
            ("positions leaves its tensor", 24, { $0.positions.tensor = 2 }),
            ("positions has an unknown flip", 24, { $0.positions.flip = 1 }),
            ("sizes is missing", 52, { $0.sizes.tensor = OC_NO_FIELD }), ("sizes", 52, { $0.sizes.step = 5 }),
            ("scores", 80, { $0.scores.curve = 2 }), ("objectness", 108, { $0.objectness.first = .max }),
            ("keyPoints is missing", 136, { $0.points.tensor = OC_NO_FIELD }),
        ]
        for (text, byte, change) in changes {
            expect("levels 0: \(text)", kind, at: byte) { (r: inout oc_level) in change(&r) }
        }
        accept(kind) { (r: inout oc_level) in r.objectness.tensor = OC_NO_FIELD }
        // What elements are compared by must rise, and lie between 0 and 1.
        for ends: (Int32, Int32) in [(-1, 65535), (0, 65537), (300, 65535)] {
            var file = BundleFile(SampleBundle.make())
            file.edit(OC_SECTION_CURVES, 1, as: oc_curve.self) { ($0.values.0, $0.values.255) = ends }
            #expect(refusal(file.bytes())?.message.contains("levels 0: scores has a curve") == true)
        }
    }

    @Test func objects() {
        let trackers: [(String, Int, (inout oc_tracker) -> Void)] = [
            ("high", 0, { $0.high = 0 }), ("low", 4, { $0.low = $0.high + 1 }),
            ("birth", 8, { $0.birth = $0.high - 1 }),
            ("tracks", 16, { $0.tracks = 0 }), ("tracks", 16, { $0.tracks = 513 }),
        ]
        for (text, byte, change) in trackers {
            expect("tracker: \(text)", OC_SECTION_TRACKER, at: byte) { (r: inout oc_tracker) in change(&r) }
        }
        expect("areas 0: firstCorner", OC_SECTION_AREAS, at: 8) { (r: inout oc_area) in r.first_corner = 1 }
        for wrong: UInt32 in [2, 4, .max] {
            expect("areas 0: corners", OC_SECTION_AREAS, at: 12) { (r: inout oc_area) in r.corners = wrong }
        }
        let rules: [(String, Int, (inout oc_object_rule) -> Void)] = [
            ("area", 0, { $0.area = 2 }),
            (
                "mostSize is below", 8,
                {
                    $0.least_width = .max; $0.most_width = 1
                }
            ),
            ("leastAspect is above", 12, { $0.most_aspect = 1 }), ("anchor", 20, { $0.anchor = 2 }),
        ]
        for (text, byte, change) in rules {
            expect("objectRules 1: \(text)", OC_SECTION_OBJECT_RULES, 1, at: byte) { (r: inout oc_object_rule) in
                change(&r)
            }
        }
        expect("crossings 0: to is where it starts", OC_SECTION_CROSSINGS, at: 12) { (r: inout oc_crossing) in
            r.to = r.from
        }
        expect("crossings 0: label", OC_SECTION_CROSSINGS, at: 16) { (r: inout oc_crossing) in r.label = 2 }
        accept(OC_SECTION_CROSSINGS) { (r: inout oc_crossing) in r.label = OC_ANY_LABEL }
        var file = BundleFile(SampleBundle.make())
        file[OC_SECTION_WATCH_LABELS] = nil
        file.edit(OC_SECTION_WATCH, 1, as: oc_watch.self) { $0.further_count = 0 }
        file[OC_SECTION_OBJECT_RULES]?.count = 1
        #expect(refusal(file.bytes()) != nil)
    }

    @Test func watches() {
        let kind = OC_SECTION_WATCH
        let changes: [(String, Int, (inout oc_watch) -> Void)] = [
            ("label has no score", 8, { $0.label = 2 }), ("on", 12, { $0.on = 65537 }),
            ("off is above on", 16, { $0.off = $0.on + 1 }), ("smoothing", 20, { $0.smoothing = 0 }),
            ("smoothing", 20, { $0.smoothing = 65537 }), ("zone", 40, { $0.zone = 2 }),
        ]
        for (text, byte, change) in changes {
            expect("watch 0: \(text)", kind, at: byte) { (r: inout oc_watch) in change(&r) }
        }
        accept(kind) { (r: inout oc_watch) in (r.on, r.off, r.smoothing) = (65536, 65536, 1) }
        var file = BundleFile(SampleBundle.make())
        for kind in detectorSections + [OC_SECTION_SCORES] { file[kind] = nil }
        #expect(refusal(file.bytes())?.message.contains("no score") == true)
    }

    /// The second rule follows labels 0 and 1, of which 1 is the only watch label.
    @Test("The labels of rules lie behind one another, rising, and none is left over")
    func watchLabels() throws {
        let kind = OC_SECTION_WATCH
        let changes: [(inout oc_watch) -> Void] = [
            { $0.further_first = 1 }, { $0.further_first = .max }, { $0.further_count = 2 },
            { $0.further_count = .max },
            { $0.label = 1 },
            {
                $0.further_count = 0; $0.further_first = 1
            },
        ]
        for change in changes {
            expect("watch 1: furtherLabels are not those", kind, 1, at: 44) { (r: inout oc_watch) in change(&r) }
        }
        var file = BundleFile(SampleBundle.make())
        file.edit(kind, 0, as: oc_watch.self) { ($0.label, $0.further_count) = (0, 1) }
        #expect(refusal(file.bytes())?.message.contains("watch 1: furtherLabels") == true)
        file.edit(kind, 1, as: oc_watch.self) { $0.further_count = 0 }
        #expect(refusal(file.bytes()) == nil)
        expect("watchLabels 0 has no score", OC_SECTION_WATCH_LABELS) { (r: inout UInt32) in r = 2 }
        file = BundleFile(SampleBundle.make())
        file.edit(kind, 1, as: oc_watch.self) { $0.further_count = 0 }
        #expect(refusal(file.bytes())?.message.contains("watchLabels 0 is of no rule") == true)
        file[kind] = nil
        #expect(refusal(file.bytes())?.message.contains("watchLabels 0 is of no rule") == true)
        file = BundleFile(SampleBundle.make())
        file[OC_SECTION_WATCH_LABELS] = nil
        #expect(refusal(file.bytes())?.message.contains("watch 1: furtherLabels") == true)
    }
}
