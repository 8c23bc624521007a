import Bundle
import CBundle
import TestSupport
import Testing

/// The rules of each record, each broken alone.
@Suite struct RecordTests {
    /// Changes one record and expects the error at `offset` bytes into it.
    private func expect<T>(
        _ text: String, _ kind: oc_section_kind, _ index: Int = 0, at offset: Int = 0,
        sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout T) -> Void
    ) {
        var file = BundleFile(SampleBundle.make())
        file.edit(kind, index, as: T.self, change)
        let bytes = file.bytes()
        let error = refusal(bytes)
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "taken")", sourceLocation: sourceLocation)
        let record = sectionOffset(kind, in: bytes) + index * MemoryLayout<T>.stride
        #expect(error?.byte == record + offset, sourceLocation: sourceLocation)
    }

    /// Changes one record and expects that the bundle is still taken.
    private func accept<T>(
        _ kind: oc_section_kind, _ index: Int = 0, sourceLocation: SourceLocation = #_sourceLocation,
        _ change: (inout T) -> Void
    ) {
        var file = BundleFile(SampleBundle.make())
        file.edit(kind, index, as: T.self, change)
        let error = refusal(file.bytes())
        #expect(error == nil, "\(error?.message ?? "")", sourceLocation: sourceLocation)
    }

    @Test func texts() throws {
        let strings = try #require(BundleFile(SampleBundle.make())[OC_SECTION_STRINGS]).bytes.count
        let beyond = [oc_text(offset: UInt32(strings), length: 1), oc_text(offset: .max, length: .max)]
        let end = oc_text(offset: UInt32(strings), length: 0)
        for text in beyond {
            expect("outside the strings", OC_SECTION_MODEL) { (r: inout oc_model) in r.name = text }
            expect("outside the strings", OC_SECTION_MODEL) { (r: inout oc_model) in r.origin = text }
            expect("outside the strings", OC_SECTION_MODEL) { (r: inout oc_model) in r.board = text }
            expect("outside the strings", OC_SECTION_MODEL) { (r: inout oc_model) in r.builder = text }
            expect("outside the strings", OC_SECTION_TENSORS, 1) { (r: inout oc_tensor) in r.name = text }
            expect("outside the strings", OC_SECTION_STEPS) { (r: inout oc_step) in r.name = text }
            expect("outside the strings", OC_SECTION_LABELS, 1) { (r: inout oc_text) in r = text }
            expect("outside the strings", OC_SECTION_WATCH) { (r: inout oc_watch) in r.name = text }
            expect("outside the strings", OC_SECTION_SENSOR) { (r: inout oc_sensor) in r.name = text }
            expect("outside the strings", OC_SECTION_SENSOR) { (r: inout oc_sensor) in r.source = text }
            expect("outside the strings", OC_SECTION_SENSOR) { (r: inout oc_sensor) in r.topic = text }
        }
        accept(OC_SECTION_SENSOR) { (r: inout oc_sensor) in r.topic = end }
    }

    @Test func model() {
        for wrong in [0, OC_SET_LIMIT.rawValue, .max] {
            expect("kernel set", OC_SECTION_MODEL, at: 32) { (r: inout oc_model) in r.kernel_set = wrong }
        }
        for wrong: UInt32 in [1, 0x7f, 0x81] {
            expect("flip", OC_SECTION_MODEL, at: 36) { (r: inout oc_model) in r.flip = wrong }
        }
        for wrong: UInt32 in [0, 17] {
            expect("thread count", OC_SECTION_MODEL, at: 40) { (r: inout oc_model) in r.threads = wrong }
        }
        for wrong: UInt64 in [129, 1 << 31, .max - 63] {
            expect("arena", OC_SECTION_MODEL, at: 48) { (r: inout oc_model) in r.arena_bytes = wrong }
        }
        accept(OC_SECTION_MODEL) { (r: inout oc_model) in
            (r.flip, r.threads, r.cpus.0, r.cpus.1) = (0x80, 16, 0, 0)
        }
        accept(OC_SECTION_MODEL) { (r: inout oc_model) in r.arena_bytes = 1 << 31 - 64 }
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
        expect("fewer CPUs than threads", kind, at: 64) { (r: inout oc_model) in r.cpus.1 = 0 }
        expect("fewer CPUs than threads", kind, at: 64) { (r: inout oc_model) in r.threads = 3 }
        accept(kind) { (r: inout oc_model) in (r.cpus.0, r.cpus.1) = (1024, 1) }
        accept(kind) { (r: inout oc_model) in (r.cpus.0, r.cpus.1) = (0, 0) }
        accept(kind) { (r: inout oc_model) in r.threads = 1 }
    }

    @Test("CPUs are listed as Linux does")
    func cpuLists() {
        #expect(cpuList([]) == "" && cpuList([7]) == "7" && cpuList([0, 1, 2, 3]) == "0-3")
        #expect(cpuList([4, 5, 0, 2, 3]) == "4-5, 0, 2-3" && cpuList([3, 2]) == "3, 2")
    }

    @Test func tensors() {
        for wrong: UInt8 in [0, 6, 255] {
            expect("type or rank", OC_SECTION_TENSORS, at: 8) { (r: inout oc_tensor) in r.type = wrong }
        }
        expect("type or rank", OC_SECTION_TENSORS, at: 8) { (r: inout oc_tensor) in r.rank = 7 }
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
        for wrong: UInt8 in [0, 3] {
            expect("outside its space", OC_SECTION_TENSORS, 2, at: 36) { (r: inout oc_tensor) in r.space = wrong }
        }
        for wrong: Float in [-1, .infinity, .nan] {
            expect("scale", OC_SECTION_TENSORS, at: 44) { (r: inout oc_tensor) in r.scale = wrong }
        }
    }

    @Test func recordings() {
        let text = "numbers of what is recorded"
        for wrong: UInt64 in [0, 1 << 63, .max] {
            expect(text, OC_SECTION_RECORD, at: 8) { (r: inout oc_record) in r.budget = wrong }
        }
        expect(text, OC_SECTION_RECORD, at: 8) { (r: inout oc_record) in r.before = 1001 }
        expect(text, OC_SECTION_RECORD, at: 8) { (r: inout oc_record) in r.after = .max }
        for wrong: UInt32 in [0, 15, 4097] {
            expect(text, OC_SECTION_RECORD, at: 8) { (r: inout oc_record) in r.side = wrong }
        }
        for wrong: UInt32 in [0, 101] {
            expect(text, OC_SECTION_RECORD, at: 8) { (r: inout oc_record) in r.quality = wrong }
        }
        expect("a text lies outside", OC_SECTION_RECORD, at: 0) { (r: inout oc_record) in r.folder.length = .max }
        expect("privacy", OC_SECTION_SENSOR, at: 32) { (r: inout oc_sensor) in r.privacy = 2 }
        accept(OC_SECTION_SENSOR) { (r: inout oc_sensor) in r.privacy = OC_PRIVACY_METADATA.rawValue }
    }

    @Test func ports() {
        for kind in [OC_SECTION_INPUTS, OC_SECTION_OUTPUTS] {
            for wrong: UInt32 in [2, 3, .max] {
                expect("no tensor of the arena", kind) { (r: inout UInt32) in r = wrong }
            }
        }
    }

    @Test func reserved() {
        let text = "a field that this program does not know is not 0"
        expect(text, OC_SECTION_MODEL, at: 96) { (r: inout oc_model) in r.reserved.15 = 1 }
        expect(text, OC_SECTION_TENSORS, 1, at: 11) { (r: inout oc_tensor) in r.reserved = 1 }
        expect(text, OC_SECTION_WATCH, at: 44) { (r: inout oc_watch) in r.reserved.0 = 1 }
        expect(text, OC_SECTION_ZONES, at: 16) { (r: inout oc_zone) in r.reserved.15 = 1 }
        expect(text, OC_SECTION_MOTION, at: 16) { (r: inout oc_motion) in r.reserved.0 = 1 }
        expect(text, OC_SECTION_SENSOR, at: 36) { (r: inout oc_sensor) in r.reserved.27 = 1 }
        expect(text, OC_SECTION_RECORD, at: 32) { (r: inout oc_record) in r.reserved.31 = 1 }
        expect(text, OC_SECTION_LINES, at: 39) { (r: inout oc_line) in r.reserved0 = 1 }
        expect(text, OC_SECTION_LINES, at: 56) { (r: inout oc_line) in r.reserved.7 = 1 }
        expect(text, OC_SECTION_SOURCE, at: 36) { (r: inout oc_source_settings) in r.reserved.27 = 1 }
    }

    @Test func preprocess() {
        let kind = OC_SECTION_PREPROCESS
        let changes: [(inout oc_preprocess) -> Void] = [
            { $0.width = 0 }, { $0.width = 8193 }, { $0.height = 8193 }, { $0.height = 0 }, { $0.height = .max },
            { $0.channels = 2 },
            { $0.fit = 3 }, { $0.bgr = 2 }, { $0.orientation = 8 },
        ]
        for change in changes {
            expect("out of range", kind) { (r: inout oc_preprocess) in change(&r) }
        }
        expect("does not exist", kind, at: 12) { (r: inout oc_preprocess) in r.tensor = 3 }
        expect("does not exist", kind, at: 12) { (r: inout oc_preprocess) in r.skip_steps = 2 }
        accept(kind) { (r: inout oc_preprocess) in (r.skip_steps, r.orientation) = (1, 7) }
        expect("not that of its tensor", kind) { (r: inout oc_preprocess) in r.width = 1 }
        expect("not that of its tensor", kind) { (r: inout oc_preprocess) in r.tensor = 2 }
        let crops: [(UInt16, UInt16, UInt16, UInt16)] = [
            (0, 0, 0, 1), (0, 0, 1, 0), (1, 0, 65535, 1), (0, 1, 1, 65535),
        ]
        for crop in crops { expect("crop", kind, at: 24) { (r: inout oc_preprocess) in r.crop = crop } }
        accept(kind) { (r: inout oc_preprocess) in r.crop = (65534, 65534, 1, 1) }
    }

    @Test func scores() {
        let kind = OC_SECTION_SCORES
        for wrong: UInt32 in [2, 3] {
            expect("not exist or is not 8-bit", kind) { (r: inout oc_scores) in r.tensor = wrong }
        }
        for wrong: UInt32 in [0, 1, 3] {
            expect("count", kind, at: 4) { (r: inout oc_scores) in r.count = wrong }
        }
        expect("count", kind, at: 4) { (r: inout oc_scores) in (r.tensor, r.count) = (0, 12) }
        expect("above 65536", kind, at: 8) { (r: inout oc_scores) in r.table.255 = 65537 }
        accept(kind) { (r: inout oc_scores) in r.table.255 = 65536 }
    }

    @Test func sources() {
        let kind = OC_SECTION_SOURCE
        let changes: [(inout oc_source_settings) -> Void] = [
            { $0.width = 0 }, { $0.height = 0 }, { $0.width = 65536 }, { $0.fps = 1_000_001 }, { $0.stall = 99 },
        ]
        for change in changes {
            expect("out of range", kind, at: 16) { (r: inout oc_source_settings) in change(&r) }
        }
        expect("does not end", kind) { (r: inout oc_source_settings) in r.command.length -= 1 }
        expect("outside the strings", kind) { (r: inout oc_source_settings) in r.command.offset = .max }
        expect("outside the strings", kind, at: 8) { (r: inout oc_source_settings) in r.format.length = .max }
        accept(kind) { (r: inout oc_source_settings) in (r.width, r.height, r.command.length) = (0, 0, 0) }
        expect("outside the strings", OC_SECTION_CONTROLS) { (r: inout oc_control) in r.name.length = .max }
        expect("outside the strings", OC_SECTION_CONTROLS, at: 8) { (r: inout oc_control) in r.value.offset = .max }
    }

    @Test func fusions() {
        let kind = OC_SECTION_FUSIONS
        expect("outside the strings", kind) { (r: inout oc_fusion) in r.what.length = .max }
        expect("outside the strings", kind, at: 8) { (r: inout oc_fusion) in r.why.offset = .max }
        expect("steps that do not exist", kind, at: 20) { (r: inout oc_fusion) in r.step_count = .max }
        expect("does not know", kind, at: 28) { (r: inout oc_fusion) in r.reserved = 1 }
        accept(kind) { (r: inout oc_fusion) in r.first_step = UInt32(OC_NO_STEP) }
    }

    @Test func lines() {
        let kind = OC_SECTION_LINES
        for change in [{ $0.use = 9 }, { $0.active_low = 2 }, { $0.bias = 4 }] as [(inout oc_line) -> Void] {
            expect("unknown", kind, at: 36) { (r: inout oc_line) in change(&r) }
        }
        expect("neither a name nor a chip", kind, at: 8) { (r: inout oc_line) in r.chip.length = 0 }
        for frames: UInt32 in [0, 1_000_001] {
            expect("frames", kind, at: 44) { (r: inout oc_line) in r.frames = frames }
        }
        expect("frames", kind, at: 44) { (r: inout oc_line) in r.use = 0 }
        for use in 5...8 as ClosedRange<UInt8> {
            expect("no length", kind, at: 48) { (r: inout oc_line) in (r.use, r.frames) = (use, 0) }
            accept(kind) { (r: inout oc_line) in (r.use, r.frames, r.time) = (use, 0, 1) }
        }
        let texts: [(Int, (inout oc_line) -> Void)] = [
            (0, { $0.name.length = .max }), (8, { $0.line.offset = .max }), (16, { $0.chip.offset = .max }),
            (24, { $0.object.length = .max }),
        ]
        for (offset, change) in texts {
            expect("outside the strings", kind, at: offset) { (r: inout oc_line) in change(&r) }
        }
    }

    @Test func regions() {
        let parts = [
            oc_region(x: 0, y: 0, width: 0, height: 1), oc_region(x: 0, y: 0, width: 1, height: 0),
            oc_region(x: 1, y: 0, width: 65535, height: 1), oc_region(x: 0, y: 65535, width: 1, height: 1),
        ]
        for part in parts {
            expect("leaves the frame", OC_SECTION_ZONES, at: 8) { (r: inout oc_zone) in r.part = part }
            expect("leaves the frame", OC_SECTION_MASKS) { (r: inout oc_region) in r = part }
        }
        accept(OC_SECTION_MASKS) { (r: inout oc_region) in r = oc_region(x: 65534, y: 0, width: 1, height: 65535) }
        expect("outside the strings", OC_SECTION_ZONES) { (r: inout oc_zone) in r.name.length = .max }
        let changes: [(inout oc_motion) -> Void] = [
            { $0.level = 0 }, { $0.level = 256 }, { $0.area = 0 }, { $0.area = 65537 },
        ]
        for change in changes {
            expect("out of range", OC_SECTION_MOTION) { (r: inout oc_motion) in change(&r) }
        }
        for kind in [OC_SECTION_ZONES, OC_SECTION_MASKS] {
            var file = BundleFile(SampleBundle.make())
            for index in file.sections.indices where file.sections[index].kind == kind.rawValue {
                let record = file.sections[index].bytes
                file.sections[index].bytes = (0..<17).flatMap { _ in record }
                file.sections[index].count = 17
            }
            #expect(refusal(file.bytes())?.message.contains("too many") == true)
        }
    }

    @Test func watches() {
        let kind = OC_SECTION_WATCH
        expect("no score", kind, at: 8) { (r: inout oc_watch) in r.label = 2 }
        expect("zone that does not exist", kind, at: 40) { (r: inout oc_watch) in r.zone = 2 }
        expect("out of range", kind, at: 12) { (r: inout oc_watch) in r.on = 65537 }
        expect("out of range", kind, at: 12) { (r: inout oc_watch) in r.off = r.on + 1 }
        expect("out of range", kind, at: 12) { (r: inout oc_watch) in r.smoothing = 0 }
        expect("out of range", kind, at: 12) { (r: inout oc_watch) in r.smoothing = 65537 }
        accept(kind) { (r: inout oc_watch) in (r.on, r.off, r.smoothing) = (65536, 65536, 1) }
        var file = BundleFile(SampleBundle.make())
        file[OC_SECTION_SCORES] = nil
        #expect(refusal(file.bytes())?.message.contains("no score") == true)
    }
}
