import Yams

/// What is wrong in a sensor file or board profile, and where: one error, the first that matters.
public struct ConfigurationError: Error, Equatable {
    /// The file as the user named it.
    public var file: String
    /// Line and column, both from 1; nil when the whole file is meant.
    public var place: Place?
    /// Where in the structure, for example `watch[0].on`; empty at the top.
    public var key: String
    /// What was expected, what was found, what to do.
    public var message: String

    public struct Place: Equatable, Sendable {
        public var line: Int
        public var column: Int

        init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }

        init(_ mark: Mark) { self.init(line: mark.line, column: mark.column) }
    }
}

extension ConfigurationError: CustomStringConvertible {
    /// `sensor.yaml:12:9: watch[0].on: expected a number from 0 to 1, found "high"`
    public var description: String {
        let position = place.map { ":\($0.line):\($0.column)" } ?? ""
        return "\(file)\(position): \(key.isEmpty ? "" : key + ": ")\(message)"
    }
}

/// The candidate closest to a misspelt word, if one is close enough to be meant.
func nearest<Candidates: Sequence<String>>(to word: String, among candidates: Candidates) -> String? {
    let word = word.lowercased()
    let allowed = (word.count + 1) / 3
    return candidates.map { (distance(word, $0.lowercased()), $0) }.filter { $0.0 <= allowed }.min { $0.0 < $1.0 }?.1
}

/// Levenshtein's: the fewest insertions, deletions and replacements of one character.
private func distance(_ a: String, _ b: String) -> Int {
    let b = Array(b)
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, y) in b.enumerated() {
            let replaced = diagonal + (x == y ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
        }
    }
    return row[b.count]
}

/// `" (did you mean X?)"` or nothing.
func suggestion<Candidates: Sequence<String>>(for word: String, among candidates: Candidates) -> String {
    guard word.utf8.count <= 64, let candidate = nearest(to: word, among: candidates) else { return "" }
    return "; did you mean \"\(candidate)\"?"
}
