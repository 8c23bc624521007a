import Foundation
import ONNXFormat
import SwiftProtobuf

extension ModelMetadata {
    /// What an ONNX file says of itself: names and texts of its own, and of `metadata_props` the keys that YOLO's exporter writes
    /// (names, task, stride, imgsz, description, author, version, license) and those that ONNX defines of pictures
    /// (Image.NominalPixelRange, Image.BitmapPixelFormat).
    /// - Parameter bytes: a whole `.onnx` file; any bytes are safe.
    /// - Returns: nil for a model that says nothing of itself, and of bytes that are none.
    public static func read(onnx bytes: [UInt8]) -> ModelMetadata? {
        guard let model = try? Onnx_ModelProto(serializedBytes: bytes) else { return nil }
        return ModelMetadata(model)
    }

    init?(_ model: Onnx_ModelProto) {
        var texts: [String: String] = [:]
        for entry in model.metadataProps where texts[entry.key] == nil { texts[entry.key] = entry.value }
        func text(_ key: String) -> String { texts[key] ?? "" }
        var names: [String] = []
        if let literal = texts["names"].flatMap(PythonLiteral.init) { names = literal.names ?? [] }
        var facts: [String: String] = [:]
        for key in ["task", "stride", "imgsz", "Image.BitmapPixelFormat", "Image.NominalPixelRange"] {
            if let value = texts[key], !value.isEmpty { facts[key] = value }
        }
        self.init(
            name: model.graph.name, description: texts["description"] ?? model.docString, version: text("version"),
            author: text("author"), license: text("license"),
            inputs: Self.normalization(texts).map { normalization in
                [
                    Port(
                        name: model.graph.input.first?.name ?? "", normalization: normalization, labelFiles: [])
                ]
            } ?? [], outputs: [], names: names, facts: facts)
        if self.isEmpty { return nil }
    }

    private var isEmpty: Bool {
        description.isEmpty && version.isEmpty && author.isEmpty && license.isEmpty && inputs.isEmpty && names.isEmpty
            && facts.isEmpty
    }

    private static func normalization(_ texts: [String: String]) -> Normalization? {
        switch texts["Image.NominalPixelRange"] {
        case "NominalRange_0_255": return Normalization(mean: [0], std: [1])
        case "Normalized_0_1": return Normalization(mean: [0], std: [255])
        case "Normalized_1_1": return Normalization(mean: [127.5], std: [127.5])
        default: break
        }
        // Ultralytics' networks all take 0 to 1, which their files do not say.
        let isYOLO = texts["author"] == "Ultralytics" && texts["stride"] != nil
        return isYOLO ? Normalization(mean: [0], std: [255]) : nil
    }
}

/// What a program in Python prints of a dictionary or list of names: {0: 'person', 1: "it's"}.
struct PythonLiteral {
    /// In the order of their keys, where these are 0, 1, 2 and so on; of a list, in its own.
    private(set) var names: [String]?
    private var rest: Substring.UnicodeScalarView

    /// Names at most; more no output has.
    private static let limit = 1 << 16

    /// - Returns: nil of what is no such text.
    init?(_ text: String) {
        rest = Substring(text).unicodeScalars
        guard text.utf8.count <= 4 << 20 else { return nil }
        skipSpace()
        if take("{") {
            guard let entries = dictionary() else { return nil }
            names = Self.list(entries)
        } else if take("[") || take("(") {
            names = list()
            if names == nil { return nil }
        } else {
            return nil
        }
        skipSpace()
        guard rest.isEmpty else { return nil }
    }

    private static func list(_ entries: [Int: String]) -> [String]? {
        let names = (0..<entries.count).compactMap { entries[$0] }
        return names.count == entries.count && !names.isEmpty ? names : nil
    }

    private mutating func dictionary() -> [Int: String]? {
        var entries: [Int: String] = [:]
        skipSpace()
        while !take("}") {
            guard entries.count < Self.limit, let key = number() else { return nil }
            skipSpace()
            guard take(":") else { return nil }
            skipSpace()
            guard let name = string() else { return nil }
            entries[key] = name
            skipSpace()
            guard take(",") || rest.first == "}" else { return nil }
            skipSpace()
        }
        return entries
    }

    private mutating func list() -> [String]? {
        var names: [String] = []
        skipSpace()
        while !take("]"), !take(")") {
            guard names.count < Self.limit, let name = string() else { return nil }
            names.append(name)
            skipSpace()
            guard take(",") || rest.first == "]" || rest.first == ")" else { return nil }
            skipSpace()
        }
        return names
    }

    /// A key: a number, or one in quotes, as JSON has it.
    private mutating func number() -> Int? {
        if rest.first == "'" || rest.first == "\"" { return string().flatMap { Int($0) } }
        var digits = ""
        while let scalar = rest.first, ("0"..."9").contains(scalar), digits.count < 9 {
            digits.unicodeScalars.append(scalar)
            rest.removeFirst()
        }
        return Int(digits)
    }

    private mutating func string() -> String? {
        guard let quote = rest.first, quote == "'" || quote == "\"" else { return nil }
        rest.removeFirst()
        var text = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            if scalar == quote { return String(text) }
            guard scalar == "\\" else {
                text.append(scalar)
                continue
            }
            guard let escaped = rest.popFirst() else { return nil }
            switch escaped {
            case "n", "r", "t": text.append(" ")
            case "x": guard append(digits: 2, to: &text) else { return nil }
            case "u": guard append(digits: 4, to: &text) else { return nil }
            case "U": guard append(digits: 8, to: &text) else { return nil }
            default: text.append(escaped)
            }
        }
        return nil
    }

    private mutating func append(digits count: Int, to text: inout String.UnicodeScalarView) -> Bool {
        guard rest.count >= count, let value = UInt32(String(rest.prefix(count)), radix: 16),
            let scalar = Unicode.Scalar(value)
        else { return false }
        rest.removeFirst(count)
        text.append(scalar)
        return true
    }

    private mutating func skipSpace() {
        while let scalar = rest.first, scalar.properties.isWhitespace { rest.removeFirst() }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == scalar else { return false }
        rest.removeFirst()
        return true
    }
}
