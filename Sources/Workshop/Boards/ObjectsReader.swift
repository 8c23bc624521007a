import CBundle
import Graph

/// What a detector's boxes become: `detector`, `tracks`, `crossings` of a sensor file, and what its rules demand of objects.
extension SensorFile {
    /// Which boxes are left. Nil: what suits the kind of detector.
    public struct Detector: Sendable, Equatable {
        /// What nothing but the file can say of a model for sure.
        public enum Kind: String, Sendable, CaseIterable {
            /// An output says what is in each cell of a grid.
            case cells
        }

        public var kind: Kind?
        /// Least score of a box, above 0 to 1.
        public var score: Double?
        /// Intersection over union above which two boxes are one object, 0 to 1.
        public var overlap: Double?
        public var suppression: DetectorHead.Suppression?
        /// Boxes before and after suppression, at most.
        public var candidates: Int?
        public var detections: Int?
        /// Those that the model does not have itself.
        public var anchors: AnchorPlan?

        static let keys = ["kind", "score", "overlap", "suppression", "candidates", "detections", "anchors"]

        public init() {}
    }

    /// How objects are followed.
    public struct Tracks: Sendable, Equatable {
        /// How long an object is waited for that is not seen.
        public var lost = Duration.milliseconds(2100)
        /// Objects at once.
        public var limit = 64

        static let keys = ["lost", "limit"]

        public init() {}
    }

    /// A place in fractions of the frame.
    public struct Corner: Sendable, Equatable {
        public var x: Double
        public var y: Double

        init(_ pair: (Double, Double)) { (x, y) = pair }
    }

    /// Which point of its box says where an object is.
    public enum Anchor: String, Sendable, CaseIterable {
        /// The middle of the lower edge.
        case feet
        case middle
    }

    /// A line that objects cross.
    public struct Crossing: Sendable, Equatable {
        public var name: String
        public var from: Corner
        public var to: Corner
        /// Nil: of any label.
        public var label: Int?
        public var anchor: Anchor

        static let keys = ["name", "from", "to", "label", "anchor"]
    }

    /// What an object must be for a rule. Sizes in fractions of the frame.
    public struct ObjectFilter: Sendable, Equatable {
        public var leastWidth = 0.0
        public var leastHeight = 0.0
        public var mostWidth = 1.0
        public var mostHeight = 1.0
        /// Width by height; most: nil: any.
        public var leastAspect = 0.0
        public var mostAspect: Double?
        public var anchor = Anchor.feet

        static let keys = [
            "min_width", "min_height", "max_width", "max_height", "min_aspect", "max_aspect", "anchor",
        ]

        public init() {}
    }

    static func crossings(_ top: Section, labels: [String]) throws(ConfigurationError) -> [Crossing] {
        var crossings: [Crossing] = []
        for section in try top.sections("crossings", keys: Crossing.keys, limit: Int(OC_MAX_CROSSINGS)) ?? [] {
            let name = try section.required("name", section.text("name"), "door")
            guard !crossings.contains(where: { $0.name == name }) else {
                throw section.failure("name", "a second crossing with the name \"\(name)\"")
            }
            let from = try section.required("from", section.pair("from", 0...1), "[0.2, 0.9]")
            let to = try section.required("to", section.pair("to", 0...1), "[0.8, 0.9]")
            guard from != to else { throw section.failure("to", "the line ends where it starts") }
            let label = try section.has("label") ? WatchRule.label(section, labels) : nil
            crossings.append(
                Crossing(
                    name: name, from: Corner(from), to: Corner(to), label: label,
                    anchor: try section.anchor() ?? .feet))
        }
        return crossings
    }
}

extension SensorFile.Detector {
    init?(_ section: Section?) throws(ConfigurationError) {
        guard let section else { return nil }
        kind = try section.choice("kind", of: Kind.self)
        score = try section.number("score", 0...1, above: true)
        overlap = try section.number("overlap", 0...1)
        suppression = try section.choice("suppression", of: DetectorHead.Suppression.self)
        candidates = try section.integer("candidates", 1...Int(OC_MAX_CANDIDATES))
        detections = try section.integer("detections", 1...Int(OC_MAX_DETECTIONS))
        anchors = try AnchorPlan(section.section("anchors", keys: AnchorPlan.keys))
    }
}

extension SensorFile.Tracks {
    init?(_ section: Section?) throws(ConfigurationError) {
        guard let section else { return nil }
        lost = try section.duration("lost") ?? lost
        limit = try section.integer("limit", 1...Int(OC_MAX_TRACKS)) ?? limit
    }
}

extension SensorFile.ObjectFilter {
    /// Nil where a rule says nothing of it.
    init?(_ section: Section) throws(ConfigurationError) {
        guard Self.keys.contains(where: section.has) else { return nil }
        leastWidth = try section.number("min_width", 0...1) ?? leastWidth
        leastHeight = try section.number("min_height", 0...1) ?? leastHeight
        mostWidth = try section.number("max_width", 0...1, above: true) ?? mostWidth
        mostHeight = try section.number("max_height", 0...1, above: true) ?? mostHeight
        leastAspect = try section.number("min_aspect", 0...1000) ?? leastAspect
        mostAspect = try section.number("max_aspect", 0...1000, above: true)
        anchor = try section.anchor() ?? anchor
        for (least, most, key) in [
            (leastWidth, mostWidth, "max_width"), (leastHeight, mostHeight, "max_height"),
            (leastAspect, mostAspect ?? .infinity, "max_aspect"),
        ] where least > most {
            throw section.failure(key, "it is below the least (\(least)), so that no object is meant")
        }
    }
}

extension Section {
    fileprivate func anchor() throws(ConfigurationError) -> SensorFile.Anchor? {
        try choice("anchor", ["feet": .feet, "middle": .middle])
    }
}
