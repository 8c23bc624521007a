import CBundle

/// What is kept of frames: `record` of a sensor file.
extension SensorFile.Record {
    static let keys = ["folder", "budget", "before", "after", "size", "quality"]

    init(_ section: Section?) throws(ConfigurationError) {
        guard let section else { return }
        folder = try section.text("folder", "a folder's path on the board")
        budget = try section.bytes("budget") ?? budget
        let frames = 0...Int(OC_RECORD_MAX_FRAMES)
        before = try section.integer("before", frames) ?? before
        after = try section.integer("after", frames) ?? after
        side = try section.integer("size", Int(OC_RECORD_LEAST_SIDE)...Int(OC_RECORD_MAX_SIDE)) ?? side
        quality = try section.integer("quality", 1...100) ?? quality
    }

    /// - Parameter folder: text in the bundle's strings; empty where the file says nothing.
    public func record(folder: oc_text) -> oc_record {
        var record = oc_record()
        record.folder = folder
        record.budget = UInt64(budget)
        record.before = UInt32(before)
        record.after = UInt32(after)
        record.side = UInt32(side)
        record.quality = UInt32(quality)
        return record
    }
}
