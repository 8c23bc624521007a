import CBundle

/// Where in the frame to look, and when: `zones`, `mask` and `motion` of a sensor file.
extension SensorFile {
    static func zones(_ top: Section) throws(ConfigurationError) -> [Zone] {
        var zones: [Zone] = []
        let keys = ["name", "x", "y", "width", "height", "points"]
        for section in try top.sections("zones", keys: keys, limit: Int(OC_MAX_ZONES)) ?? [] {
            let name = try section.required("name", section.text("name"), "door")
            guard !zones.contains(where: { $0.name == name }) else {
                throw section.failure("name", "a second zone with the name \"\(name)\"")
            }
            guard let points = try section.pairs("points", 0...1) else {
                zones.append(Zone(name: name, part: try Crop(section)))
                continue
            }
            if let key = ["x", "y", "width", "height"].first(where: section.has) {
                throw section.failure(key, "a zone is a rectangle or has `points`, not both")
            }
            guard 3...64 ~= points.count else {
                throw section.failure("points", "expected 3 to 64 places, found \(points.count)")
            }
            zones.append(Zone(name: name, part: .all, points: points.map(Corner.init)))
        }
        return zones
    }

    static func masks(_ top: Section) throws(ConfigurationError) -> [Crop] {
        var masks: [Crop] = []
        for section in try top.sections("mask", keys: ["x", "y", "width", "height"], limit: Int(OC_MAX_MASKS)) ?? [] {
            masks.append(try Crop(section))
        }
        return masks
    }
}

extension SensorFile.Motion {
    init?(_ section: Section?) throws(ConfigurationError) {
        guard let section else { return nil }
        level = try section.integer("level", 1...255) ?? level
        area = try section.number("area", 0...1, above: true) ?? area
        hold = try section.duration("hold") ?? hold
        every = try section.duration("every")
        if every == .zero {
            throw section.failure("every", "expected a duration above 0; leave the key out for never")
        }
    }
}

extension SensorFile.WatchRule {
    static func zone(_ section: Section, _ zones: [String]) throws(ConfigurationError) -> Int? {
        guard let name = try section.text("zone", "the name of a zone") else { return nil }
        guard let zone = zones.firstIndex(of: name) else {
            throw section.failure(
                "zone",
                zones.isEmpty
                    ? "\"\(name)\" cannot be found without `zones`"
                    : "no zone is called \"\(name)\"\(suggestion(for: name, among: zones))")
        }
        return zone
    }
}
