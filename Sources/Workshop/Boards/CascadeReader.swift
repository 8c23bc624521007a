import Bundle
import CBundle

/// A second model that looks at a detector's objects: `then` of a sensor file.
extension SensorFile {
    public struct Cascade: Sendable, Equatable {
        /// Path of the second model's bundle, relative to the working directory or absolute.
        public var path: String
        public var bundle: [UInt8]
        /// What it calls objects, in the order of its scores.
        public var labels: [String]
        /// Indices into the detector's labels: the objects that it looks at; empty: all.
        public var objects: [Int] = []
        /// From which on an answer counts, above 0 to 1.
        public var score = 0.5
        /// Around an object's box, in parts of its longer side, 0 to 1.
        public var margin = 0.1
        /// Objects that it looks at in a frame.
        public var most = 4
        /// An object is looked at again after so long; zero: in each frame.
        public var every = Duration.zero

        static let keys = ["bundle", "label", "score", "margin", "most", "every"]
    }
}

extension SensorFile.Cascade {
    /// - Parameters:
    ///   - labels: the detector's.
    ///   - resolve: a path's place beside the sensor file.
    init?(_ section: Section?, labels: [String], resolve: (String) -> String) throws(ConfigurationError) {
        guard let section else { return nil }
        let given = try section.required(
            "bundle", section.text("bundle", "a bundle's file (.ocellus)"), "second.ocellus")
        path = resolve(given)
        let second: Bundle
        do throws(Bundle.OpenError) { second = try Bundle(path: FileName.path(path)) } catch {
            if case .system(.noEntry) = error {
                throw section.failure(
                    "bundle",
                    "no such file: \(path) (paths are relative to the sensor file); make it with 'ocellus build'")
            }
            throw section.failure("bundle", "\(path): \(error.message)")
        }
        let view = second.view
        guard view.detector == nil, view.cascade == nil else {
            throw section.failure(
                "bundle", "\(path) is a detector's bundle; give one that has scores for labels")
        }
        guard view.preprocess != nil, view.scores != nil else {
            throw section.failure(
                "bundle",
                "\(path) gives no scores for a picture; build it from a model that does, or with a sensor file")
        }
        guard !view.labels.isEmpty, view.labels.count < 65536 else {
            throw section.failure(
                "bundle",
                "\(path) has \(view.labels.count) labels, expected 1 to 65535; build it with `labels` in its sensor file, or --labels"
            )
        }
        bundle = second.bytes
        self.labels = view.labels.map { view.string($0) }
        if section.has("label") { objects = try SensorFile.WatchRule.labels(section, LabelIndex(labels)) }
        score = try section.number("score", 0...1, above: true) ?? score
        margin = try section.number("margin", 0...1) ?? margin
        most = try section.integer("most", 1...Int(OC_MAX_TRACKS)) ?? most
        every = try section.duration("every") ?? every
    }

    public var record: oc_cascade {
        var record = oc_cascade()
        record.score = max(1, UInt32((score * 65536).rounded()))
        record.margin = UInt32((margin * 65536).rounded())
        record.most = UInt32(most)
        record.every = UInt32(every.milliseconds)
        return record
    }
}
