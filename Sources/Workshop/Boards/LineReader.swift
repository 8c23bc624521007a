import CBundle

extension SensorFile.Line {
    static let keys = [
        "name", "line", "chip", "offset", "use", "active", "bias", "debounce", "capture", "frames", "hold", "object",
        "at", "at_least", "length", "min_on",
    ]

    private enum Word: String, CaseIterable { case report, trigger, inhibit, follow, pulse, fault }

    /// - Parameter objects: names of the watch rules.
    init(_ section: Section, objects: [String]) throws(ConfigurationError) {
        name = try section.required("name", section.text("name"), "door-button")
        line = try section.text("line", "the line's own name, such as GPIO17")
        chip = try section.text("chip", "the chip's label or name, such as pinctrl-bcm2711")
        offset = try section.integer("offset", 0...65535)
        guard (line == nil) != (offset == nil) else {
            throw section.failure(
                nil, "give either `line` (the line's own name) or `offset` (its number on `chip`); gpioinfo lists them")
        }
        guard offset == nil || chip != nil else { throw section.failure("offset", "`offset` needs `chip` beside it") }
        for (key, text) in [("line", line), ("chip", chip)] where (text?.utf8.count ?? 0) > 31 {
            throw section.failure(key, "such names have at most 31 bytes")
        }
        let word = try section.required("use", section.choice("use", of: Word.self), "trigger")
        use = try Self.use(word, section, objects)
        let isOutput = word == .follow || word == .pulse || word == .fault
        isActiveLow = try section.choice("active", ["high": false, "low": true]) ?? false
        bias = try section.choice("bias", of: Bias.self) ?? .asIs
        debounce = try section.duration("debounce") ?? .zero
        leastOn = try section.duration("min_on") ?? .zero
        leastCount = try section.integer("at_least", 1...Int(OC_MAX_TRACKS))
        if leastCount != nil, word != .follow, word != .pulse {
            throw section.failure("at_least", "`at_least` is for outputs that show an object: follow and pulse")
        }
        for key in isOutput ? ["bias", "debounce"] : ["min_on"] where section.has(key) {
            throw section.failure(key, "`\(key)` is for \(isOutput ? "inputs" : "outputs") only")
        }
    }

    private static func use(_ word: Word, _ section: Section, _ objects: [String]) throws(ConfigurationError) -> Use {
        let use: Use
        var keys: [String] = []
        switch word {
        case .report: use = .report
        case .inhibit: use = .inhibit
        case .trigger:
            enum Capture { case active, one, burst }
            let capture =
                try section.choice("capture", ["active": Capture.active, "one": .one, "burst": .burst]) ?? .active
            keys = ["capture"] + (capture == .active ? ["hold"] : capture == .burst ? ["frames"] : [])
            switch capture {
            case .active: use = .triggerWhileActive(hold: try section.duration("hold") ?? .zero)
            case .one: use = .triggerBurst(frames: 1)
            case .burst: use = .triggerBurst(frames: try section.integer("frames", 1...1_000_000) ?? 5)
            }
        case .follow:
            keys = ["object"]
            use = .follow(object: try object(section, objects))
        case .pulse:
            keys = ["object", "at", "length"]
            let change = try section.choice("at", of: Change.self) ?? .enter
            use = .pulse(object: try object(section, objects), change, length: try length(section))
        case .fault:
            keys = ["length"]
            use = .fault(length: try length(section))
        }
        for key in ["capture", "frames", "hold", "object", "at", "length"] where section.has(key) && !keys.contains(key)
        {
            throw section.failure(key, "`\(key)` has no meaning for `use: \(word.rawValue)` set like this")
        }
        return use
    }

    private static func length(_ section: Section) throws(ConfigurationError) -> Duration {
        let length = try section.duration("length") ?? .milliseconds(500)
        guard length >= .milliseconds(1) else { throw section.failure("length", "expected a duration of 1ms or more") }
        return length
    }

    private static func object(_ section: Section, _ objects: [String]) throws(ConfigurationError) -> String {
        let object = try section.required("object", section.text("object", "a watch rule's name"), "person")
        guard objects.contains(object) else {
            throw section.failure(
                "object", "no watch rule is called \"\(object)\"\(suggestion(for: object, among: objects))")
        }
        return object
    }

    /// - Parameter intern: puts a text into the bundle's strings.
    public func record(_ intern: (String) -> oc_text) -> oc_line {
        var record = oc_line()
        record.name = intern(name)
        record.line = intern(line ?? "")
        record.chip = intern(chip ?? "")
        record.offset = UInt32(offset ?? 0)
        record.active_low = isActiveLow ? 1 : 0
        record.bias = UInt8(Bias.allCases.firstIndex(of: bias) ?? 0)
        record.debounce = UInt32(debounce.milliseconds)
        record.least_on = UInt32(leastOn.milliseconds)
        record.least_count = UInt32(leastCount ?? 0)
        var kind = OC_LINE_REPORT
        switch use {
        case .report: break
        case .triggerWhileActive(let hold): (kind, record.time) = (OC_LINE_TRIGGER_ACTIVE, UInt32(hold.milliseconds))
        case .triggerBurst(let frames): (kind, record.frames) = (OC_LINE_TRIGGER_BURST, UInt32(frames))
        case .inhibit: kind = OC_LINE_INHIBIT
        case .follow(let object): (kind, record.object) = (OC_LINE_FOLLOW, intern(object))
        case .pulse(let object, let change, let length):
            kind =
                switch change {
                case .enter: OC_LINE_PULSE_ENTER
                case .leave: OC_LINE_PULSE_LEAVE
                case .update: OC_LINE_PULSE_UPDATE
                }
            (record.object, record.time) = (intern(object), UInt32(length.milliseconds))
        case .fault(let length): (kind, record.time) = (OC_LINE_FAULT, UInt32(length.milliseconds))
        }
        record.use = UInt8(kind.rawValue)
        return record
    }
}
