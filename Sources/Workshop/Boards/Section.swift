import Yams

/// One mapping of a document, read key by key into typed values. A key that is not among `keys` is an error.
struct Section {
    private let file: String
    private let path: String
    private let node: Node
    private var values: [String: Node] = [:]
    private var keyPlaces: [String: Mark] = [:]

    init(_ document: Document, keys: [String]) throws(ConfigurationError) {
        try self.init(document.root, file: document.file, path: "", keys: keys)
    }

    private init(_ node: Node, file: String, path: String, keys: [String]) throws(ConfigurationError) {
        self.file = file
        self.path = path
        self.node = node
        guard case .mapping(let mapping) = node else {
            throw Self.failure(
                file, path, node.mark, "expected a mapping (\(keys[0]): …), found \(Self.describe(node))")
        }
        var before: (key: String, value: Node)?
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                throw Self.failure(file, path, key.mark, "expected a key, found \(Self.describe(key))")
            }
            guard keys.contains(scalar.string) else {
                // {on: 0,3} is YAML for {on: 0, 3: }.
                if value.scalar.map(Self.isNull) == true, scalar.string.first?.isNumber == true, let before,
                    let whole = before.value.scalar,
                    Int(whole.string) != nil
                {
                    throw Self.failure(
                        file, path.isEmpty ? before.key : "\(path).\(before.key)", whole.mark,
                        "a decimal comma ends the number; write \(whole.string).\(scalar.string.prefix(64)) with a point"
                    )
                }
                throw Self.failure(
                    file, path, scalar.mark,
                    "unknown key \"\(scalar.string.prefix(64))\"\(suggestion(for: scalar.string, among: keys))"
                        + " (known: \(keys.joined(separator: ", ")))")
            }
            before = (scalar.string, value)
            values[scalar.string] = value
            keyPlaces[scalar.string] = scalar.mark
        }
    }

    // MARK: Errors

    /// An error at a key's value, or at the section when the key is absent.
    func failure(_ key: String?, _ message: String) -> ConfigurationError {
        let node = key.flatMap { values[$0] } ?? node
        return Self.failure(file, fullPath(key), node.mark, message)
    }

    /// An error at one item of a list; nil: at its key.
    func failure(_ key: String, item: Int?, _ message: String) -> ConfigurationError {
        guard let item else { return failure(key, message) }
        let node = values[key]?.sequence.flatMap { $0.indices.contains(item) ? $0[item] : nil }
        return Self.failure(file, "\(fullPath(key))[\(item)]", node?.mark, message)
    }

    private func fullPath(_ key: String?) -> String {
        [path, key ?? ""].filter { !$0.isEmpty }.joined(separator: ".")
    }

    private static func failure(
        _ file: String, _ path: String, _ mark: Mark?, _ message: String
    ) -> ConfigurationError {
        ConfigurationError(
            file: file, place: mark.map { .init(line: $0.line, column: $0.column) }, key: path, message: message)
    }

    private func mismatch(_ key: String, _ expected: String) -> ConfigurationError {
        let point = values[key].flatMap(Self.pointed).map { "; write \($0) with a point" } ?? ""
        return failure(key, "expected \(expected), found \(values[key].map(Self.describe) ?? "nothing")\(point)")
    }

    /// A number with a decimal comma, written as it is meant.
    private static func pointed(_ node: Node) -> String? {
        guard case .scalar(let scalar) = node,
            let match = scalar.string.prefixMatch(of: /[-+]?[0-9]+,[0-9]+/), scalar.string.count <= 64
        else { return nil }
        return String(match.output).replacing(",", with: ".") + scalar.string[match.range.upperBound...]
    }

    private static func describe(_ node: Node) -> String {
        switch node {
        case .scalar(let scalar): isNull(scalar) ? "nothing" : "\"\(scalar.string.prefix(64))\""
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    private static func isNull(_ scalar: Node.Scalar) -> Bool {
        scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    // MARK: Values

    func has(_ key: String) -> Bool { values[key] != nil }

    func isList(_ key: String) -> Bool { values[key]?.sequence != nil }

    /// True when the value, or an item of the list that it is, is written without quotes, as numbers are.
    func isPlain(_ key: String, item: Int? = nil) -> Bool {
        let node = if let item { values[key]?.sequence?[item] } else { values[key] }
        return node?.scalar?.style == .plain
    }

    func required<T>(_ key: String, _ value: T?, _ example: String) throws(ConfigurationError) -> T {
        guard let value else {
            throw failure(nil, "the key \"\(key)\" is missing; write for example `\(key): \(example)`")
        }
        return value
    }

    /// A text of 1 to 1024 bytes without control characters. Numbers and words like `yes` are taken as they stand.
    func text(_ key: String, _ expected: String = "a text") throws(ConfigurationError) -> String? {
        guard let node = values[key] else { return nil }
        guard let text = Self.text(node) else { throw mismatch(key, expected) }
        return text
    }

    private static func text(_ node: Node) -> String? {
        guard case .scalar(let scalar) = node, !isNull(scalar), 1...1024 ~= scalar.string.utf8.count,
            !scalar.string.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f })
        else { return nil }
        return scalar.string
    }

    /// - Parameter mayBeEmpty: whether an item may be a text of no bytes, in quotes.
    func texts(_ key: String, mayBeEmpty: Bool = false) throws(ConfigurationError) -> [String]? {
        guard let node = values[key] else { return nil }
        guard case .sequence(let items) = node else { throw mismatch(key, "a list of texts") }
        var texts: [String] = []
        for (index, item) in items.enumerated() {
            if mayBeEmpty, case .scalar(let scalar) = item, scalar.string.isEmpty, scalar.style != .plain {
                texts.append("")
                continue
            }
            guard let text = Self.text(item) else {
                throw failure(key, item: index, "expected a text, found \(Self.describe(item))")
            }
            texts.append(text)
        }
        return texts
    }

    func number(_ key: String, _ range: ClosedRange<Double>, above: Bool = false) throws(ConfigurationError) -> Double?
    {
        guard let node = values[key] else { return nil }
        guard let number = Self.number(node), range.contains(number), !above || number > range.lowerBound else {
            throw mismatch(
                key,
                "a number \(above ? "above" : "from") \(Self.plain(range.lowerBound)) to "
                    + Self.plain(range.upperBound))
        }
        return number
    }

    /// A list of `count` numbers; a single number stands for the same one `count` times.
    func numbers(
        _ key: String, counts: [Int], _ range: ClosedRange<Double>, above: Bool = false
    ) throws(ConfigurationError) -> [Double]? {
        guard let node = values[key] else { return nil }
        let items = node.sequence.map(Array.init) ?? [node]
        let numbers = items.compactMap(Self.number)
        guard numbers.count == items.count, counts.contains(items.count),
            numbers.allSatisfy({ range.contains($0) && (!above || $0 > range.lowerBound) })
        else {
            throw mismatch(
                key,
                "\(counts.map(String.init).joined(separator: " or ")) number(s) \(above ? "above" : "from") "
                    + "\(Self.plain(range.lowerBound)) to \(Self.plain(range.upperBound))")
        }
        return numbers
    }

    /// Two numbers: a place.
    func pair(_ key: String, _ range: ClosedRange<Double>) throws(ConfigurationError) -> (Double, Double)? {
        guard let node = values[key] else { return nil }
        guard let pair = Self.pair(node, range) else { throw mismatch(key, "two \(Self.range(range)): [x, y]") }
        return pair
    }

    /// A list of places.
    func pairs(_ key: String, _ range: ClosedRange<Double>) throws(ConfigurationError) -> [(Double, Double)]? {
        guard let node = values[key] else { return nil }
        guard case .sequence(let items) = node else {
            throw mismatch(key, "a list of places: [[x, y], [x, y], [x, y]]")
        }
        var pairs: [(Double, Double)] = []
        for (index, item) in items.enumerated() {
            guard let pair = Self.pair(item, range) else {
                throw failure(
                    key, item: index,
                    "expected two \(Self.range(range)): [x, y], found \(Self.describe(item))")
            }
            pairs.append(pair)
        }
        return pairs
    }

    private static func pair(_ node: Node, _ range: ClosedRange<Double>) -> (Double, Double)? {
        let numbers = node.sequence.map { $0.compactMap(number) } ?? []
        guard node.sequence?.count == 2, numbers.count == 2, numbers.allSatisfy(range.contains) else { return nil }
        return (numbers[0], numbers[1])
    }

    private static func range(_ range: ClosedRange<Double>) -> String {
        "numbers from \(plain(range.lowerBound)) to \(plain(range.upperBound))"
    }

    /// A mapping from names of another file's own to a number or a list of them, in the file's order.
    func namedNumbers(_ key: String) throws(ConfigurationError) -> [(name: String, values: [Double])] {
        guard let node = values[key] else { return [] }
        guard case .mapping(let mapping) = node else { throw mismatch(key, "a mapping (NAME: number)") }
        var result: [(name: String, values: [Double])] = []
        for (name, value) in mapping {
            guard let name = Self.text(name) else {
                throw Self.failure(file, fullPath(key), name.mark, "expected a name, found \(Self.describe(name))")
            }
            let items = value.sequence.map(Array.init) ?? [value]
            let numbers = items.compactMap(Self.number)
            guard !numbers.isEmpty, numbers.count == items.count, numbers.allSatisfy(\.isFinite) else {
                throw Self.failure(
                    file, "\(fullPath(key)).\(name)", value.mark,
                    "expected a number or a list of numbers, found \(Self.describe(value))")
            }
            result.append((name, numbers))
        }
        return result
    }

    private static func number(_ node: Node) -> Double? {
        guard case .scalar(let scalar) = node, scalar.style == .plain,
            scalar.string.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) })
        else { return nil }
        return Double(scalar.string)
    }

    private static func plain(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e9 ? String(Int(number)) : String(number)
    }

    func integer(_ key: String, _ range: ClosedRange<Int>) throws(ConfigurationError) -> Int? {
        guard let node = values[key] else { return nil }
        guard let value = Self.integer(node, range) else { throw mismatch(key, Self.expected(range)) }
        return value
    }

    func integers(_ key: String, _ range: ClosedRange<Int>) throws(ConfigurationError) -> [Int]? {
        guard let node = values[key] else { return nil }
        guard case .sequence(let items) = node else { throw mismatch(key, "a list of whole numbers") }
        var integers: [Int] = []
        for (index, item) in items.enumerated() {
            guard let value = Self.integer(item, range) else {
                throw failure(key, item: index, "expected \(Self.expected(range)), found \(Self.describe(item))")
            }
            integers.append(value)
        }
        return integers
    }

    /// A mapping from names of the file's own to whole numbers, in the file's order.
    func namedIntegers(
        _ key: String, _ range: ClosedRange<Int>
    ) throws(ConfigurationError) -> [(name: String, value: Int)]? {
        guard let node = values[key] else { return nil }
        guard case .mapping(let mapping) = node else { throw mismatch(key, "a mapping (NAME: number)") }
        var integers: [(name: String, value: Int)] = []
        for (name, value) in mapping {
            guard let name = Self.text(name) else {
                throw Self.failure(file, fullPath(key), name.mark, "expected a name, found \(Self.describe(name))")
            }
            guard let value = Self.integer(value, range) else {
                throw Self.failure(
                    file, "\(fullPath(key)).\(name)", value.mark,
                    "expected \(Self.expected(range)), found \(Self.describe(value))")
            }
            integers.append((name, value))
        }
        return integers
    }

    /// A mapping from names of the file's own to texts or numbers, in the file's order.
    func namedTexts(_ key: String) throws(ConfigurationError) -> [(name: String, value: String)]? {
        guard let node = values[key] else { return nil }
        guard case .mapping(let mapping) = node else { throw mismatch(key, "a mapping (NAME: value)") }
        var texts: [(name: String, value: String)] = []
        for (name, value) in mapping {
            guard let name = Self.text(name) else {
                throw Self.failure(file, fullPath(key), name.mark, "expected a name, found \(Self.describe(name))")
            }
            guard let value = Self.text(value) else {
                throw Self.failure(
                    file, "\(fullPath(key)).\(name)", value.mark,
                    "expected a text or number, found \(Self.describe(value))")
            }
            texts.append((name, value))
        }
        return texts
    }

    private static func integer(_ node: Node, _ range: ClosedRange<Int>) -> Int? {
        guard case .scalar(let scalar) = node, scalar.style == .plain, let value = Int(scalar.string),
            range.contains(value)
        else { return nil }
        return value
    }

    private static func expected(_ range: ClosedRange<Int>) -> String {
        "a whole number from \(range.lowerBound) to \(range.upperBound)"
    }

    /// One of a few words.
    func choice<Value>(_ key: String, _ choices: KeyValuePairs<String, Value>) throws(ConfigurationError) -> Value? {
        guard let node = values[key] else { return nil }
        let word = Self.text(node)
        guard let match = choices.first(where: { $0.key == word }) else {
            throw mismatch(key, node, words: choices.map(\.key))
        }
        return match.value
    }

    /// One of an enumeration's words.
    func choice<Value: CaseIterable & RawRepresentable<String>>(
        _ key: String, of type: Value.Type
    ) throws(ConfigurationError) -> Value? {
        guard let node = values[key] else { return nil }
        guard let value = Self.text(node).flatMap(Value.init(rawValue:)) else {
            throw mismatch(key, node, words: Value.allCases.map(\.rawValue))
        }
        return value
    }

    private func mismatch(_ key: String, _ node: Node, words: [String]) -> ConfigurationError {
        let hint = Self.text(node).map { suggestion(for: $0, among: words) } ?? ""
        return failure(key, "expected \(list(words)), found \(Self.describe(node))\(hint)")
    }

    private func list(_ words: [String]) -> String {
        words.count < 2
            ? words.joined() : words.dropLast().joined(separator: ", ") + " or " + words[words.count - 1]
    }

    func duration(_ key: String) throws(ConfigurationError) -> Duration? {
        guard let node = values[key] else { return nil }
        guard case .scalar(let scalar) = node, let duration = Duration(quantity: scalar.string) else {
            throw mismatch(key, "a duration with its unit, such as 500ms, 2s, 5m or 1h (at most 24 days)")
        }
        return duration
    }

    func bytes(_ key: String) throws(ConfigurationError) -> Int? {
        guard let node = values[key] else { return nil }
        guard case .scalar(let scalar) = node, let bytes = parseBytes(scalar.string) else {
            throw mismatch(key, "a size with its unit, such as 32KiB, 500M or 1GiB")
        }
        return bytes
    }

    func section(_ key: String, keys: [String]) throws(ConfigurationError) -> Section? {
        guard let node = values[key] else { return nil }
        return try Section(node, file: file, path: fullPath(key), keys: keys)
    }

    func sections(_ key: String, keys: [String], limit: Int) throws(ConfigurationError) -> [Section]? {
        guard let node = values[key] else { return nil }
        guard case .sequence(let items) = node else { throw mismatch(key, "a list (- \(keys[0]): …)") }
        guard items.count <= limit else { throw failure(key, "expected at most \(limit) items, found \(items.count)") }
        var sections: [Section] = []
        for (index, item) in items.enumerated() {
            sections.append(try Section(item, file: file, path: "\(fullPath(key))[\(index)]", keys: keys))
        }
        return sections
    }
}
