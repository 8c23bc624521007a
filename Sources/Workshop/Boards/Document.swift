import Foundation
import Yams

/// One YAML file as a tree whose every node knows its place.
struct Document {
    /// Sensor files and profiles are a few kilobytes; what is larger is something else.
    static let sizeLimit = 1 << 20

    let file: String
    let root: Node

    /// - Parameter file: as the user named it, for messages.
    init(yaml bytes: some Collection<UInt8>, file: String) throws(ConfigurationError) {
        func failure(_ message: String, _ place: ConfigurationError.Place? = nil) -> ConfigurationError {
            ConfigurationError(file: file, place: place, key: "", message: message)
        }
        guard bytes.count <= Self.sizeLimit else {
            throw failure("the file has \(bytes.count) bytes, at most \(Self.sizeLimit) are expected of a YAML file")
        }
        let text = try TextFile.text(of: bytes, file: file)
        // An alias can make a small file grow without end, and no setting here needs one.
        if let alias = Self.alias(in: text) {
            throw failure(YAMLMistake.aliases, alias)
        }
        let node: Node?
        let anchor: Mark?
        do {
            let parser = try Parser(yaml: text, encoding: .utf8)
            node = try parser.singleRoot()
            // Nodes hold their anchors weakly, the parser strongly.
            anchor = withExtendedLifetime(parser) { node.flatMap(Self.anchor) }
        } catch let error as YamlError {
            let (message, place) = YAMLMistake.explain(error, in: text)
            throw failure(message, place)
        } catch {
            throw failure("not YAML: \(error)")
        }
        if let anchor { throw failure(YAMLMistake.aliases, .init(anchor)) }
        guard let node else { throw failure("the file is empty") }
        self.file = file
        root = node
    }

    init(contentsOf path: String) throws(ConfigurationError) {
        try self.init(yaml: TextFile.read(path, limit: Self.sizeLimit), file: path)
    }

    /// Where the first anchor stands that nothing refers to.
    private static func anchor(_ node: Node) -> Mark? {
        if node.anchor != nil { return node.mark }
        switch node {
        case .mapping(let mapping):
            for (key, value) in mapping {
                if let mark = anchor(key) ?? anchor(value) { return mark }
            }
            return nil
        case .sequence(let items): return items.lazy.compactMap(anchor).first
        case .scalar, .alias: return nil
        }
    }

    /// Where the first alias stands in a text that has anchors as well.
    private static func alias(in text: String) -> ConfigurationError.Place? {
        var place: ConfigurationError.Place?
        var hasAnchor = false
        for (number, line) in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        {
            var previous = UInt8(ascii: " ")
            let bytes = Array(line)
            for (column, byte) in bytes.enumerated() {
                let opens = " \t[{,:".utf8.contains(previous)
                if opens, byte == UInt8(ascii: "#") { break }
                if opens, column + 1 < bytes.count, !" \t\r,]}".utf8.contains(bytes[column + 1]) {
                    hasAnchor = hasAnchor || byte == UInt8(ascii: "&")
                    if byte == UInt8(ascii: "*"), place == nil { place = .init(line: number + 1, column: column + 1) }
                }
                previous = byte
            }
        }
        return hasAnchor ? place : nil
    }
}
