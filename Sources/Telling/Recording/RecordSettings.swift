import CBundle
import Events
import System

/// What is kept, and where.
public struct RecordSettings: Equatable, Sendable {
    public var folder: Path
    /// Bytes of all files together.
    public var budget = Int64(OC_RECORD_DEFAULT_BUDGET)
    /// Frames before and after one with an event.
    public var before = Int(OC_RECORD_DEFAULT_FRAMES)
    public var after = Int(OC_RECORD_DEFAULT_FRAMES)
    /// Of pictures, the longer side at most.
    public var side = Int(OC_RECORD_DEFAULT_SIDE)
    /// Of JPEG, 1 to 100.
    public var quality = Int(OC_RECORD_DEFAULT_QUALITY)

    public init(folder: Path) { self.folder = folder }

    /// - Parameter record: verified.
    public init(folder: Path, _ record: oc_record) {
        self.folder = folder
        budget = Int64(record.budget)
        before = Int(record.before)
        after = Int(record.after)
        side = Int(record.side)
        quality = Int(record.quality)
    }

    /// Frames in memory: a whole window, and one that is being written.
    var slots: Int { before + after + 2 }
}

/// What all records of a run have in common.
public struct RecordFacts {
    /// Bytes of the model's picture tensor.
    public var inputBytes = 0
    /// What its bytes differ by from the model's own type, which is what is kept.
    public var flip: UInt8 = 0
    /// Zones that are inferred.
    public var zones = 0
    /// Of the trained model's file, and of the bundle.
    public var modelCRC: UInt32 = 0
    public var bundleCRC: UInt32 = 0
    /// How frames become the model's input.
    public var picture = oc_preprocess()
    public var masks: [oc_region] = []
    public var sensor: [UInt8] = []
    /// Numbers that tell what is known of a detector's objects, at most; 0: the model is none.
    public var objects = 0
    /// Answers of a second model in a frame, at most.
    public var answers = 0
    /// Events of a frame at most: a rule says one thing, or of a detector's objects one of each.
    var events: Int { objects > 0 ? 256 : rules.count }
    /// The watch rules' names and zones.
    public var rules: [(name: [UInt8], zone: Int)] = []
    /// The crossings' names.
    public var crossings: [[UInt8]] = []

    /// What events call a rule, or behind those a crossing.
    func name(ofSubject index: Int) -> [UInt8] {
        index < rules.count ? rules[index].name : crossings[index - rules.count]
    }

    public init() {}

    /// Whether they are of the same bundle, run in the same way. What else they say comes of the bundle.
    public func isSame(as other: RecordFacts) -> Bool {
        guard bundleCRC == other.bundleCRC, modelCRC == other.modelCRC, flip == other.flip, zones == other.zones,
            inputBytes == other.inputBytes, rules.count == other.rules.count
        else { return false }
        for index in rules.indices where rules[index].name != other.rules[index].name { return false }
        return true
    }

    /// Of all zones: more than an Int of 32-bit boards holds, where a bundle has large pictures and many zones.
    var allInputBytes: Int64 { Int64(zones) * Int64(inputBytes) }
}
