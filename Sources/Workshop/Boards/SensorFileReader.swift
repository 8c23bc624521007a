import CBundle
import Graph
import Sensors
import System

extension SensorFile {
    /// Asked for the labels that a model brings along, where the sensor file has none.
    /// - Parameters:
    ///   - model: the path of the model's file.
    ///   - output: position among the model's outputs, from 0.
    ///   - anchors: those of a detector that does not have them itself.
    /// - Returns: as many as the output has scores; nil: none that fit.
    public typealias ModelLabels = (_ model: String, _ output: Int, _ anchors: AnchorPlan?) -> NamedLabels?

    /// Reads a sensor file, and the labels file that it may name. The model's file must exist; only `modelLabels` may open it.
    /// - Throws: The first thing that is wrong, with its place.
    public init(contentsOf path: String, modelLabels: ModelLabels = { _, _, _ in nil }) throws(ConfigurationError) {
        try self.init(Document(contentsOf: path), modelLabels)
    }

    /// - Parameters:
    ///   - yaml: the file's text.
    ///   - path: names the file in errors; paths in the text are relative to its folder.
    public init(
        yaml: String, path: String, modelLabels: ModelLabels = { _, _, _ in nil }
    ) throws(ConfigurationError) {
        try self.init(Document(yaml: Array(yaml.utf8), file: path), modelLabels)
    }

    private init(_ document: Document, _ modelLabels: ModelLabels) throws(ConfigurationError) {
        let top = try Section(
            document,
            keys: [
                "name", "model", "labels", "input", "inputs", "output", "source", "command", "camera", "lines", "zones",
                "mask", "motion", "record", "privacy", "watch", "topic", "heartbeat", "max_fps", "mqtt", "detector",
                "tracks", "crossings", "then",
            ])
        name = try top.required("name", top.text("name"), "front-door")
        guard Self.isName(name) else {
            throw top.failure("name", "expected at most 64 letters, digits, \".\", \"_\" or \"-\", found \"\(name)\"")
        }
        let modelPath = try top.required("model", top.text("model", "a file's path"), "model.tflite")
        model = Self.resolve(modelPath, besides: document.file)
        switch try? FileDescriptor.Status(of: FileName.path(model)).kind {
        case nil: throw top.failure("model", "no such file: \(model) (paths are relative to the sensor file)")
        case .folder?:
            throw top.failure("model", "\(model) is a folder; name the model's file, a .tflite (docs/models.md)")
        default: break
        }
        input = try Input(
            top.section("input", keys: ["scale", "mean", "std", "colour", "crop", "fit", "fill", "rotate", "mirror"]))
        inputs = try Self.inputs(top)
        output = try Output(top.section("output", keys: ["index", "scores"]))
        detector = try Detector(top.section("detector", keys: Detector.keys))
        let found =
            try top.has("labels")
            ? Self.labels(top, document.file) : modelLabels(model, output.index, detector?.anchors)
        (labels, labelOrigin) = (found?.labels ?? [], found?.origin)
        source = try top.text("source", "a picture, folder, stream or camera")
        if let source {
            do throws(SourceError) { _ = try SourceItem(parsing: source.utf8) } catch {
                // One with a password is not repeated.
                let name = error.message.contains(source) ? "\(source): " : ""
                throw top.failure("source", "\(name)\(error.reason)")
            }
        }
        command = try top.texts("command", mayBeEmpty: true) ?? []
        if top.has("command") {
            guard command.first?.isEmpty == false else {
                throw top.failure("command", "expected a program and its arguments")
            }
            guard let source, let item = try? SourceItem(parsing: source.utf8), item.isDescribed, item.isStandardInput
            else {
                throw top.failure(
                    "command",
                    "`command` needs `source` to say what it writes, for example yuv420:640x480@10 or mjpeg:-")
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
        link = try top.section("mqtt", keys: LinkReader.keys).map(LinkReader.arguments) ?? []
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
        tracks = try Tracks(top.section("tracks", keys: Tracks.keys))
        crossings = try Self.crossings(top, labels: labels)
        cascade = try Cascade(top.section("then", keys: Cascade.keys), labels: labels) {
            Self.resolve($0, besides: document.file)
        }
        watch = try Self.watch(top, labels: labels, zones: zones.map(\.name), cascade: cascade)
        lines = []
        for section in try top.sections("lines", keys: Line.keys, limit: Int(OC_MAX_LINES)) ?? [] {
            let line = try Line(section, objects: watch.map(\.name))
            if lines.contains(where: { $0.name == line.name }) {
                throw section.failure("name", "a second line with the name \"\(line.name)\"")
            }
            lines.append(line)
        }
        origin = Origin(document)
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

    /// A list of labels, the name of one that comes with the program, or that of a file with one label a line.
    private static func labels(_ top: Section, _ file: String) throws(ConfigurationError) -> NamedLabels {
        let limit = 65536
        var found: NamedLabels
        if top.isList("labels") {
            found = NamedLabels(try top.texts("labels") ?? [], origin: nil)
        } else {
            let name =
                try top.text("labels", "a list of labels, the name of one, or a file with one label a line") ?? ""
            if let list = LabelList.named(name) { return NamedLabels(list) }
            let path = resolve(name, besides: file)
            let bytes: [UInt8]
            do throws(ConfigurationError) { bytes = try TextFile.read(path, limit: TextFile.labelsLimit) } catch {
                throw top.failure(
                    "labels",
                    "\(error.description) (paths are relative to the sensor file)\(LabelList.hint(missing: name))")
            }
            found = NamedLabels(try TextFile.labels(bytes, file: path), origin: path)
        }
        guard !found.labels.isEmpty, found.labels.count <= limit else {
            throw top.failure("labels", "expected 1 to \(limit) labels, found \(found.labels.count)")
        }
        return found
    }

    /// What the model's inputs beside the picture are held at: a number, or as many as the input has elements.
    private static func inputs(_ top: Section) throws(ConfigurationError) -> [InputValue] {
        try top.namedNumbers("inputs").map { InputValue(name: $0.name, values: $0.values) }
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
