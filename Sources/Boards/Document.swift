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
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw failure("the file is not UTF-8 text")
        }
        // An alias can make a small file grow without end, and no setting here needs one.
        if let alias = Self.alias(in: text) {
            throw failure("YAML anchors and aliases are not supported: write the value out", alias)
        }
        let node: Node?
        do {
            node = try Parser(yaml: text, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            let (message, place) = Self.explain(error, in: text)
            throw failure(message, place)
        } catch {
            throw failure("not YAML: \(error)")
        }
        guard let node else { throw failure("the file is empty") }
        self.file = file
        root = node
    }

    init(contentsOf path: String) throws(ConfigurationError) {
        try self.init(yaml: readFile(path, limit: Self.sizeLimit), file: path)
    }

    private static func explain(_ error: YamlError, in text: String) -> (String, ConfigurationError.Place?) {
        func place(_ mark: Mark) -> ConfigurationError.Place { .init(line: mark.line, column: mark.column) }
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            return ("not YAML: \(context.map { $0.text + ": " } ?? "")\(problem)", place(mark))
        case .duplicatedKeysInMapping(let keys, let context):
            return ("the key \"\(keys.sorted()[0])\" is given twice", place(context.mark))
        case .reader(let problem, let offset, _, _):
            let before = text.utf8.prefix(offset ?? 0)
            let line = before.count { $0 == UInt8(ascii: "\n") } + 1
            let column = before.reversed().prefix { $0 != UInt8(ascii: "\n") }.count + 1
            return ("not YAML: \(problem)", offset.map { _ in .init(line: line, column: column) })
        default:
            return ("not YAML: \(error)", nil)
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
                let opens = " \t[{,".utf8.contains(previous)
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

/// A small file's bytes.
func readFile(_ path: String, limit: Int) throws(ConfigurationError) -> Data {
    func failure(_ message: String) -> ConfigurationError {
        ConfigurationError(file: path, place: nil, key: "", message: message)
    }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw failure("no such file")
    }
    guard !isFolder.boolValue else { throw failure("a folder, expected a file") }
    guard let handle = FileHandle(forReadingAtPath: path) else { throw failure("the file cannot be opened") }
    defer { try? handle.close() }
    do {
        let data = try handle.read(upToCount: limit + 1) ?? Data()
        guard data.count <= limit else { throw failure("the file is larger than \(limit) bytes") }
        return data
    } catch let error as ConfigurationError {
        throw error
    } catch {
        throw failure("the file cannot be read: \(error.localizedDescription)")
    }
}
