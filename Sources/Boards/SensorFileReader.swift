import CBundle
import Foundation

extension SensorFile {
    /// Reads a sensor file, and the labels file that it may name. The model's file must exist; it is not opened.
    /// - Throws: The first thing that is wrong, with its place.
    public init(contentsOf path: String) throws(ConfigurationError) {
        try self.init(Document(contentsOf: path))
    }

    /// - Parameters:
    ///   - yaml: the file's text.
    ///   - path: names the file in errors; paths in the text are relative to its folder.
    public init(yaml: String, path: String) throws(ConfigurationError) {
        try self.init(Document(yaml: Array(yaml.utf8), file: path))
    }

    private init(_ document: Document) throws(ConfigurationError) {
        let top = try Section(
            document,
            keys: [
                "name", "model", "labels", "input", "output", "source", "command", "camera", "lines", "zones", "mask",
                "motion", "record", "privacy", "watch", "topic", "heartbeat", "max_fps",
            ])
        name = try top.required("name", top.text("name"), "front-door")
        guard Self.isName(name) else {
            throw top.failure("name", "expected at most 64 letters, digits, \".\", \"_\" or \"-\", found \"\(name)\"")
        }
        let modelPath = try top.required("model", top.text("model", "a file's path"), "model.tflite")
        model = Self.resolve(modelPath, besides: document.file)
        guard FileManager.default.fileExists(atPath: model) else {
            throw top.failure("model", "no such file: \(model) (paths are relative to the sensor file)")
        }
        labels = try Self.labels(top, document.file)
        input = try Input(
            top.section("input", keys: ["scale", "mean", "std", "colour", "crop", "fit", "fill", "rotate", "mirror"]))
        output = try Output(top.section("output", keys: ["index", "scores"]))
        source = try top.text("source", "a picture, folder, stream or camera")
        command = try top.texts("command") ?? []
        if top.has("command") {
            guard !command.isEmpty else { throw top.failure("command", "expected a program and its arguments") }
            guard let source, source.contains(":") else {
                throw top.failure(
                    "command", "`command` needs `source` to say what it writes, for example yuv420:640x480@10")
            }
        }
        camera = try Camera(
            top.section("camera", keys: ["size", "format", "fps", "stall", "blind", "controls"]))
        topic = try top.text("topic")
        if let topic, !Self.isTopic(topic) {
            throw top.failure(
                "topic",
                "expected words separated by \"/\", without spaces, \"+\", \"#\" or \"$\", at most 200 bytes; "
                    + "found \"\(topic.prefix(64))\"")
        }
        heartbeat = try top.duration("heartbeat")
        if heartbeat == .zero {
            throw top.failure("heartbeat", "expected a duration above 0; leave the key out for no heartbeats")
        }
        maxFPS = try top.number("max_fps", 0.001...1000)
        zones = try Self.zones(top)
        masks = try Self.masks(top)
        motion = try Motion(top.section("motion", keys: ["level", "area", "hold", "every"]))
        record = try Record(top.section("record", keys: Record.keys))
        isMetadataOnly = try top.choice("privacy", ["metadata-only": true]) ?? false
        watch = []
        let rules = try top.sections(
            "watch",
            keys: [
                "label", "name", "zone", "on", "off", "smoothing", "enter_after", "leave_after", "cooldown",
                "update_every",
            ], limit: 64)
        for section in rules ?? [] {
            let rule = try WatchRule(section, labels: labels, zones: zones.map(\.name))
            if watch.contains(where: { $0.name == rule.name }) {
                throw section.failure(
                    section.has("name") ? "name" : "label",
                    "a second rule with the name \"\(rule.name)\"; give each rule a `name` of its own")
            }
            watch.append(rule)
        }
        lines = []
        for section in try top.sections("lines", keys: Line.keys, limit: Int(OC_MAX_LINES)) ?? [] {
            let line = try Line(section, objects: watch.map(\.name))
            if lines.contains(where: { $0.name == line.name }) {
                throw section.failure("name", "a second line with the name \"\(line.name)\"")
            }
            lines.append(line)
        }
    }

    private static func isName(_ text: String) -> Bool {
        text.utf8.count <= 64
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789._-".unicodeScalars.contains($0))
            }
    }

    private static func isTopic(_ text: String) -> Bool {
        text.utf8.count <= 200 && !text.utf8.contains { " +#$".utf8.contains($0) }
            && text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty }
    }

    private static func resolve(_ path: String, besides file: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return file[...slash] + path
    }

    /// A list of labels, or the name of a file with one label a line.
    private static func labels(_ top: Section, _ file: String) throws(ConfigurationError) -> [String] {
        guard top.has("labels") else { return [] }
        let limit = 65536
        let labels: [String]
        if top.isList("labels") {
            labels = try top.texts("labels") ?? []
        } else {
            let named = try top.text("labels", "a list of labels or a file with one label a line")
            labels = try readLabels(resolve(named ?? "", besides: file))
        }
        guard !labels.isEmpty, labels.count <= limit else {
            throw top.failure("labels", "expected 1 to \(limit) labels, found \(labels.count)")
        }
        return labels
    }

    private static func readLabels(_ path: String) throws(ConfigurationError) -> [String] {
        let data = try readFile(path, limit: Document.sizeLimit * 4)
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ConfigurationError(file: path, place: nil, key: "", message: "the labels are not UTF-8 text")
        }
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }
        while lines.last?.isEmpty == true { lines.removeLast() }
        for (index, line) in lines.enumerated()
        where line.isEmpty || line.utf8.count > 1024 || line.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
            throw ConfigurationError(
                file: path, place: .init(line: index + 1, column: 1), key: "",
                message: line.isEmpty
                    ? "an empty line; every line is one label"
                    : "a label longer than 1024 bytes or with control characters")
        }
        return lines
    }
}

extension SensorFile.Input {
    init(_ section: Section?) throws(ConfigurationError) {
        self.init()
        guard let section else { return }
        try readPixels(section)
        colour = try section.choice("colour", ["rgb": .rgb, "bgr": .bgr, "grey": .grey])
        if let part = try section.section("crop", keys: ["x", "y", "width", "height"]) {
            crop = try SensorFile.Crop(part)
        }
        fit = try section.choice("fit", ["stretch": .stretch, "cover": .cover, "contain": .contain]) ?? fit
        if let value = try section.integer("fill", 0...255) {
            guard fit == .contain else { throw section.failure("fill", "only `fit: contain` has bars to fill") }
            fill = UInt8(value)
        }
        turns = try section.choice("rotate", ["0": 0, "90": 1, "180": 2, "270": 3]) ?? 0
        isMirrored = try section.choice("mirror", ["true": true, "false": false]) ?? false
    }

    private mutating func readPixels(_ section: Section) throws(ConfigurationError) {
        let isRaw = try section.choice("scale", ["raw": true]) ?? false
        let mean = try section.numbers("mean", counts: [1, 3], -1e6...1e6)
        let std = try section.numbers("std", counts: [1, 3], 0...1e6, above: true)
        switch (mean, std) {
        case (nil, nil):
            break
        case (let mean?, let std?):
            guard !isRaw else { throw section.failure("scale", "`scale: raw` excludes `mean` and `std`") }
            guard mean.count == std.count else {
                throw section.failure("std", "expected as many numbers as in `mean` (\(mean.count))")
            }
            pixels = .normalized(mean: mean, std: std)
        case (_?, nil):
            throw section.failure("mean", "`mean` needs `std` beside it")
        case (nil, _?):
            throw section.failure("std", "`std` needs `mean` beside it")
        }
    }
}

extension SensorFile.Camera {
    init(_ section: Section?) throws(ConfigurationError) {
        self.init()
        guard let section else { return }
        if let text = try section.text("size", "width x height, such as 640x480") {
            let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
            guard sides.count == 2, sides.allSatisfy({ 1...16384 ~= $0 }) else {
                throw section.failure("size", "expected width x height, such as 640x480, found \"\(text.prefix(64))\"")
            }
            size = SensorFile.Size(width: sides[0], height: sides[1])
        }
        let formats = [
            "yuyv", "uyvy", "nv12", "nv21", "yuv420", "grey", "rgb24", "bgr24", "rggb", "grbg", "gbrg", "bggr", "mjpeg",
        ]
        if let text = try section.text("format") {
            guard formats.contains(text) else {
                throw section.failure(
                    "format",
                    "expected \(formats.joined(separator: ", ")); found \"\(text.prefix(64))\""
                        + suggestion(for: text, among: formats))
            }
            format = text
        }
        fps = try section.number("fps", 0.001...1000)
        stall = try section.duration("stall") ?? stall
        guard stall >= .milliseconds(100) else {
            throw section.failure("stall", "expected a duration of 100ms or more")
        }
        blind = try section.duration("blind") ?? blind
        for (name, value) in try section.namedTexts("controls") ?? [] {
            controls.append(Control(name: name, value: value))
        }
    }
}

extension SensorFile.Crop {
    init(_ section: Section) throws(ConfigurationError) {
        self = .all
        x = try section.number("x", 0...1) ?? 0
        y = try section.number("y", 0...1) ?? 0
        width = try section.number("width", 0...1, above: true) ?? 1 - x
        height = try section.number("height", 0...1, above: true) ?? 1 - y
        // The slack forgives decimal fractions such as 0.7 + 0.3 their binary rounding.
        guard width > 0, height > 0, x + width <= 1 + 1e-9, y + height <= 1 + 1e-9 else {
            throw section.failure(nil, "it reaches outside the frame: x + width and y + height are at most 1")
        }
    }
}

extension SensorFile.Output {
    init(_ section: Section?) throws(ConfigurationError) {
        self.init()
        guard let section else { return }
        index = try section.integer("index", 0...255) ?? index
        scores = try section.choice("scores", ["probability": .probability, "sigmoid": .sigmoid]) ?? scores
    }
}

extension SensorFile.WatchRule {
    fileprivate init(_ section: Section, labels: [String], zones: [String]) throws(ConfigurationError) {
        let word = try section.required("label", section.text("label", "a label or its index"), "person")
        label = try Self.index(of: word, section, labels)
        zone = try Self.zone(section, zones)
        let object = labels.isEmpty ? "label-\(label)" : labels[label]
        name = try section.text("name") ?? (zone.map { "\(zones[$0])-\(object)" } ?? object)
        on = try section.required("on", section.number("on", 0...1, above: true), "0.6")
        off = try section.number("off", 0...1) ?? on
        guard off <= on else {
            throw section.failure("off", "`off` (\(off)) must not be above `on` (\(on))")
        }
        smoothing = try section.number("smoothing", 0...1, above: true) ?? 1
        enterAfter = try section.duration("enter_after") ?? .zero
        leaveAfter = try section.duration("leave_after") ?? .zero
        cooldown = try section.duration("cooldown") ?? .zero
        updateEvery = try section.duration("update_every")
        if updateEvery == .zero {
            throw section.failure("update_every", "expected a duration above 0; leave the key out for no updates")
        }
    }

    /// An unquoted number is an index unless a label is written that way.
    private static func index(of word: String, _ section: Section, _ labels: [String]) throws(ConfigurationError) -> Int
    {
        let matches = labels.indices.filter { labels[$0] == word }
        if matches.count == 1 { return matches[0] }
        guard matches.isEmpty else {
            throw section.failure("label", "\(matches.count) labels are called \"\(word)\"; give the index instead")
        }
        if section.isPlain("label"), let index = Int(word) {
            guard labels.isEmpty ? 0..<65536 ~= index : labels.indices.contains(index) else {
                throw section.failure(
                    "label",
                    "expected an index from 0 to \((labels.isEmpty ? 65536 : labels.count) - 1), found \(index)")
            }
            return index
        }
        if labels.isEmpty {
            throw section.failure("label", "\"\(word)\" cannot be found without `labels`; add them or give the index")
        }
        throw section.failure("label", "no label is called \"\(word)\"\(suggestion(for: word, among: labels))")
    }
}
