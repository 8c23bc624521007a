import CBundle

/// What the daemon does when no flag says otherwise.
public enum SensorSection: BundleSection {
    public typealias Record = oc_sensor
    public static var kind: oc_section_kind { OC_SECTION_SENSOR }
    public static var name: StaticString { "sensor" }
    public static var amount: SectionAmount { .optional }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        try record.text("name")
        try record.text("source")
        try record.text("topic")
        try record.u32("heartbeat", .milliseconds, none: 0)
        try record.u32("maxFPS", .fraction(1000), none: 0)
        try record.choice(UInt32.self, "privacy", "none metadata-only")
        try record.text("link", .arguments)
        try record.reserved(20)
    }
}

/// How a camera, or the command that stands for one, is run.
public enum SourceSection: BundleSection {
    public typealias Record = oc_source_settings
    public static var kind: oc_section_kind { OC_SECTION_SOURCE }
    public static var name: StaticString { "source" }
    public static var amount: SectionAmount { .optional }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        let command = try record.text("command", .arguments)
        let text = record.view.text(command.start.load(as: oc_text.self))
        try record.check(text.last ?? 0 == 0, command, "does not end; build the bundle again")
        try record.text("format")
        let width = try record.u32("width", in: 0...65535, none: 0)
        let height = try record.u32("height", in: 0...65535, none: 0)
        try record.check(
            (width.number == 0) == (height.number == 0), height,
            "is given without a width, or the width alone; build the bundle again")
        try record.u32("fps", .fraction(1000), in: 0...1_000_000, none: 0)
        try record.u32("stall", .milliseconds, in: 100...UInt64(UInt32.max))
        try record.u32("blind", .milliseconds, none: 0)
        try record.reserved(28)
    }
}

/// What the camera is set to.
public enum ControlsSection: BundleSection {
    public typealias Record = oc_control
    public static var kind: oc_section_kind { OC_SECTION_CONTROLS }
    public static var name: StaticString { "controls" }
    public static var amount: SectionAmount { .many(0...Int.max) }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        try record.text("name")
        try record.text("value")
    }
}

/// GPIO lines in and out.
public enum LinesSection: BundleSection {
    public typealias Record = oc_line
    public static var kind: oc_section_kind { OC_SECTION_LINES }
    public static var name: StaticString { "lines" }
    public static var amount: SectionAmount { .many(0...Int(OC_MAX_LINES)) }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        try record.text("name")
        let line = try record.text("line")
        let chip = try record.text("chip")
        try record.check(
            line.number > 0 || chip.number > 0, line, "has no name, and no chip beside it; build the bundle again")
        try record.text("object")
        try record.u32("offset")
        let use = try record.choice(
            UInt8.self, "use",
            "report trigger-active trigger-burst inhibit follow pulse-enter pulse-leave pulse-update fault")
        try record.flag("activeLow")
        try record.choice(UInt8.self, "bias", "as-is none pull-up pull-down")
        try record.reserved(1)
        try record.u32("debounce", .milliseconds, none: 0)
        let isBurst = use.number == UInt64(OC_LINE_TRIGGER_BURST.rawValue)
        try record.u32("frames", in: isBurst ? 1...1_000_000 : 0...0, none: 0)
        let isPulse = use.number >= UInt64(OC_LINE_PULSE_ENTER.rawValue)
        try record.u32("time", .milliseconds, in: (isPulse ? 1 : 0)...UInt64(UInt32.max), none: 0)
        try record.u32("leastOn", .milliseconds, none: 0)
        try record.u32("leastCount", in: 0...UInt64(OC_MAX_TRACKS), none: 0)
        try record.reserved(4)
    }
}

/// What is kept of frames around events.
public enum RecordSection: BundleSection {
    public typealias Record = oc_record
    public static var kind: oc_section_kind { OC_SECTION_RECORD }
    public static var name: StaticString { "record" }
    public static var amount: SectionAmount { .optional }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        try record.text("folder")
        try record.u64("budget", .bytes, in: 1...UInt64(Int64.max))
        try record.u32("framesBefore", in: 0...UInt64(OC_RECORD_MAX_FRAMES))
        try record.u32("framesAfter", in: 0...UInt64(OC_RECORD_MAX_FRAMES))
        try record.u32("size", in: UInt64(OC_RECORD_LEAST_SIDE)...UInt64(OC_RECORD_MAX_SIDE))
        try record.u32("quality", in: 1...100)
        try record.reserved(32)
    }
}

extension BundleView {
    public var sensor: UnsafePointer<oc_sensor>? { records(SensorSection.self).baseAddress }
    public var source: UnsafePointer<oc_source_settings>? { records(SourceSection.self).baseAddress }
    public var controls: UnsafeBufferPointer<oc_control> { records(ControlsSection.self) }
    public var lines: UnsafeBufferPointer<oc_line> { records(LinesSection.self) }
    public var record: UnsafePointer<oc_record>? { records(RecordSection.self).baseAddress }
}
