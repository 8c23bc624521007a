import CBundle

/// When to speak: `watch` of a sensor file.
extension SensorFile {
    static func watch(
        _ top: Section, labels: [String], zones: [String], cascade: Cascade?
    ) throws(ConfigurationError) -> [WatchRule] {
        var watch: [WatchRule] = []
        let labels = LabelIndex(labels)
        let keys =
            [
                "label", "name", "zone", "on", "off", "smoothing", "enter_after", "leave_after", "cooldown",
                "update_every", "sub_label",
            ] + ObjectFilter.keys
        for section in try top.sections("watch", keys: keys, limit: Int(OC_MAX_WATCHES)) ?? [] {
            let rule = try WatchRule(section, labels: labels, zones: zones, cascade: cascade)
            if watch.contains(where: { $0.name == rule.name }) {
                throw section.failure(
                    section.has("name") ? "name" : "label",
                    "a second rule with the name \"\(rule.name)\"; give each rule a `name` of its own")
            }
            watch.append(rule)
        }
        guard watch.reduce(0, { $0 + $1.labels.count - 1 }) <= Int(OC_MAX_WATCH_LABELS) else {
            throw top.failure(
                "watch", "the rules follow more than \(OC_MAX_WATCH_LABELS) labels beside their first ones")
        }
        return watch
    }
}

/// Labels that are looked up by name.
struct LabelIndex {
    let names: [String]
    private var places: [String: [Int]] = [:]

    init(_ names: [String]) {
        self.names = names
        for (index, name) in names.enumerated() { places[name, default: []].append(index) }
    }

    func indices(of name: String) -> [Int] { places[name] ?? [] }
}

extension SensorFile.WatchRule {
    fileprivate init(
        _ section: Section, labels index: LabelIndex, zones: [String], cascade: SensorFile.Cascade?
    ) throws(ConfigurationError) {
        labels = try Self.labels(section, index)
        zone = try Self.zone(section, zones)
        if let word = try section.text("sub_label", "a label of the second model or its index") {
            guard let cascade else {
                throw section.failure("sub_label", "there is no second model that says it; add `then`")
            }
            subLabel = try Self.index(of: word, "sub_label", nil, section, LabelIndex(cascade.labels))
        }
        if let given = try section.text("name") {
            name = given
        } else if labels.count == 1 {
            var object = index.names.isEmpty ? "label-\(labels[0])" : index.names[labels[0]]
            if let subLabel, let cascade { object += "-" + cascade.labels[subLabel] }
            name = zone.map { "\(zones[$0])-\(object)" } ?? object
        } else {
            throw section.failure(
                "label",
                "a rule of \(labels.count) labels needs a name, which events carry as \"object\"; write for example "
                    + "`name: cat`")
        }
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
        filter = try SensorFile.ObjectFilter(section)
    }

    /// One label.
    static func label(_ section: Section, _ labels: [String]) throws(ConfigurationError) -> Int {
        let word = try section.required("label", section.text("label", "a label or its index"), "person")
        return try index(of: word, "label", nil, section, LabelIndex(labels))
    }

    /// One label, or a list of them.
    static func labels(_ section: Section, _ names: LabelIndex) throws(ConfigurationError) -> [Int] {
        guard section.isList("label") else {
            let word = try section.required(
                "label", section.text("label", "a label or its index, or a list of them"), "person")
            return [try index(of: word, "label", nil, section, names)]
        }
        var labels: [Int] = []
        var known: Set<Int> = []
        for (item, word) in (try section.texts("label") ?? []).enumerated() {
            let label = try index(of: word, "label", item, section, names)
            guard known.insert(label).inserted else {
                throw section.failure("label", item: item, "\"\(word)\" is listed twice; it would count twice")
            }
            labels.append(label)
        }
        guard !labels.isEmpty else {
            throw section.failure("label", "expected a label or several, found an empty list")
        }
        return labels
    }

    /// An unquoted number is an index unless a label is written that way.
    /// - Parameter item: of the list that the label stands in.
    private static func index(
        of word: String, _ key: String, _ item: Int?, _ section: Section, _ names: LabelIndex
    ) throws(ConfigurationError) -> Int {
        let labels = names.names
        let matches = names.indices(of: word)
        if matches.count == 1 { return matches[0] }
        guard matches.isEmpty else {
            let indices = matches.prefix(8).map { "\($0)" }.joined(separator: ", ")
            throw section.failure(
                key, item: item,
                "\(matches.count) labels are called \"\(word)\"; give the index instead: \(indices)"
                    + (matches.count > 8 ? ", …" : ""))
        }
        if section.isPlain(key, item: item), let index = Int(word) {
            guard labels.isEmpty ? 0..<65536 ~= index : labels.indices.contains(index) else {
                throw section.failure(
                    key, item: item,
                    "expected an index from 0 to \((labels.isEmpty ? 65536 : labels.count) - 1), found \(index)")
            }
            return index
        }
        if labels.isEmpty {
            throw section.failure(
                key, item: item, "\"\(word)\" cannot be found without `labels`; add them or give the index")
        }
        throw section.failure(
            key, item: item, "no label is called \"\(word)\"\(suggestion(for: word, among: labels))")
    }
}
