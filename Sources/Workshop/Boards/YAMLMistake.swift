import Yams

/// What the parser objects to, in words for whoever wrote the file.
enum YAMLMistake {
    static let aliases = "YAML anchors and aliases are not supported: write the value out"

    /// By the parser's own words.
    private static let meanings: [(problem: String, meaning: String)] = [
        ("found undefined alias", aliases),
        ("found unexpected end of stream", "a text in quotes does not end; close it with the quote that began it"),
        ("did not find expected ',' or ']'", "a list in [ ] lacks a comma between two items, or its ]"),
        ("did not find expected ',' or '}'", "a mapping in { } lacks a comma between two keys, or its }"),
        (
            "mapping values are not allowed in this context",
            "a second \": \" in one line; put a text that holds one in quotes"
        ),
        ("could not find expected ':'", "a key lacks its \": \" (a colon and a space)"),
        ("did not find expected key", "no key where one should begin; keys of one mapping begin in the same column"),
        (
            "did not find expected '-' indicator",
            "no \"- \" where an item should begin; items of one list begin in the same column"
        ),
        ("block sequence entries are not allowed in this context", "a list's \"- \" begins in the line after its key"),
        ("found unknown escape character", "an unknown escape in \" \"; put a text with \\ in ' ' instead"),
        ("but found another document", "a second document begins here; a file has one"),
        ("control characters are not allowed", "a control character; a text has none"),
    ]

    static func explain(_ error: YamlError, in text: String) -> (String, ConfigurationError.Place?) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let place = ConfigurationError.Place(mark)
            if let tab = tab(text, place) {
                return ("a tab where YAML takes spaces only; write spaces", tab)
            }
            if problem == "found character that cannot start any token" {
                return ("a text cannot begin with this character; put the text in quotes", place)
            }
            if let known = meanings.first(where: { $0.problem == problem }) {
                // What does not end, or lacks its colon, is better known by where it begins.
                let begins =
                    problem.contains("end of stream") || problem.contains("expected ',' or")
                    || problem.contains("expected ':'")
                return (known.meaning, begins ? context.map { .init($0.mark) } ?? place : place)
            }
            return ("not YAML: \(context.map { $0.text + ": " } ?? "")\(problem)", place)
        case .duplicatedKeysInMapping(let keys, let context):
            let key = keys.sorted()[0]
            return ("the key \"\(key)\" is given twice", repetition(of: key, after: .init(context.mark), in: text))
        case .reader(let problem, let offset, _, _):
            let before = text.utf8.prefix(offset ?? 0)
            let line = before.count { $0 == UInt8(ascii: "\n") } + 1
            let column = before.reversed().prefix { $0 != UInt8(ascii: "\n") }.count + 1
            let meaning = meanings.first { $0.problem == problem }?.meaning ?? "not YAML: \(problem)"
            return (meaning, offset.map { _ in .init(line: line, column: column) })
        default:
            return ("not YAML: \(error)", nil)
        }
    }

    /// The first tab of the line that the parser stopped at, or of the one before, where only space stands before it.
    private static func tab(_ text: String, _ place: ConfigurationError.Place) -> ConfigurationError.Place? {
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
        for line in [place.line, place.line - 1] where lines.indices.contains(line - 1) {
            let space = lines[line - 1].prefix { " \t-:".contains($0) }
            if let tab = space.firstIndex(of: "\t") {
                return .init(line: line, column: space.distance(from: space.startIndex, to: tab) + 1)
            }
        }
        return nil
    }

    /// Where a key stands the second time. The parser tells only where it stood first: under another name there, the text parses
    /// with the second in the first's place, or the second is the first of two.
    private static func repetition(of key: String, after first: ConfigurationError.Place, in text: String)
        -> ConfigurationError.Place
    {
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { String.UnicodeScalarView($0) }
        guard lines.indices.contains(first.line - 1) else { return first }
        let scalars = lines[first.line - 1]
        guard var at = scalars.index(scalars.startIndex, offsetBy: first.column - 1, limitedBy: scalars.endIndex),
            at < scalars.endIndex
        else { return first }
        if scalars[at] == "\"" || scalars[at] == "'" { at = scalars.index(after: at) }
        let other = "ocellus-"
        lines[first.line - 1].insert(contentsOf: other.unicodeScalars, at: at)
        func moved(_ mark: Mark) -> ConfigurationError.Place {
            mark.line == first.line && mark.column > first.column
                ? .init(line: mark.line, column: mark.column - other.count) : .init(mark)
        }
        do {
            let parser = try Parser(yaml: lines.map { String($0) }.joined(separator: "\n"), encoding: .utf8)
            guard let root = try parser.singleRoot() else { return first }
            return neighbour(of: other + key, called: key, in: root).map(moved) ?? first
        } catch YamlError.duplicatedKeysInMapping(let keys, let context) where keys.contains(key) {
            return moved(context.mark)
        } catch {
            return first
        }
    }

    /// The key beside another in the same mapping.
    private static func neighbour(of other: String, called key: String, in node: Node) -> Mark? {
        switch node {
        case .mapping(let mapping):
            if mapping.contains(where: { $0.key.string == other }) {
                return mapping.first { $0.key.string == key }?.key.mark
            }
            return mapping.lazy.compactMap { neighbour(of: other, called: key, in: $0.value) }.first
        case .sequence(let items):
            return items.lazy.compactMap { neighbour(of: other, called: key, in: $0) }.first
        case .scalar, .alias:
            return nil
        }
    }
}
