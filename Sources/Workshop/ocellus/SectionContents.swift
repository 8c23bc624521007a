import Bundle
import CBundle
import Foundation
import Kernels

/// What a section holds, as its description tells it.
struct SectionContent {
    struct Field {
        /// The name in JSON, with the unit; empty where the record is this field alone. Behind a dot what belongs together.
        var key: String
        var json: JSONValue
        /// For people; nil where it says nothing.
        var text: String?
    }

    var kind: oc_section_kind
    var name: String
    /// Whether it is about one record at most.
    var isSingle: Bool
    /// Whether the bundle has the section.
    var isPresent: Bool
    var records: [[Field]] = []

    /// All sections, in the order of their descriptions; those that are mere bytes without records.
    /// - Parameter view: steps verified.
    static func all(of view: BundleView) -> [SectionContent] {
        var reader = SectionReader(view)
        do throws(BundleError) { try BundleSections.visit(&reader) } catch {
            preconditionFailure("a verified bundle does not read: \(error.message)")
        }
        return reader.contents
    }

    /// An object, or a list of objects or values; nil where there is nothing to tell.
    var json: JSONValue? {
        let values = records.map(Self.json(of:))
        return isSingle ? values.first : .list(values)
    }

    static func json(of record: [Field]) -> JSONValue {
        if record.count == 1, record[0].key.isEmpty { return record[0].json }
        var object: [String: JSONValue] = [:]
        for field in record {
            let path = field.key.split(separator: ".").map(String.init)
            guard path.count == 2 else {
                object[field.key] = field.json
                continue
            }
            var inner = [path[1]: field.json]
            if case .object(let others) = object[path[0]] { inner.merge(others) { $1 } }
            object[path[0]] = .object(inner)
        }
        return .object(object)
    }

    /// "front door: source camera, heartbeat 60,000 ms"
    static func text(of record: [Field]) -> String {
        let isNamed = record.first?.key == "name" && record.first?.text != nil
        let rest = record.dropFirst(isNamed ? 1 : 0).compactMap(\.text).joined(separator: ", ")
        guard isNamed, case .text(let name) = record[0].json else { return rest }
        return rest.isEmpty ? name : "\(name): \(rest)"
    }
}

/// Reads all sections of a verified bundle.
private struct SectionReader: SectionVisitor, FieldVisitor {
    let view: BundleView
    var next: UnsafeRawPointer
    var contents: [SectionContent] = []
    private var record: [SectionContent.Field] = []

    init(_ view: BundleView) {
        self.view = view
        next = view.bytes.baseAddress!
    }

    mutating func visit<S: BundleSection>(_ section: S.Type) throws(BundleError) {
        var content = SectionContent(
            kind: S.kind, name: "\(S.name)", isSingle: S.amount.isSingle,
            isPresent: view.bytes(of: section).baseAddress != nil)
        defer { contents.append(content) }
        if case .bytes = S.amount { return }
        let records = view.records(section)
        for index in records.indices {
            record = []
            next = UnsafeRawPointer(records.baseAddress! + index)
            try S.describe(&self)
            content.records.append(record)
        }
    }

    mutating func visit(_ field: Field) {
        let name = "\(field.name)"
        let words = Self.words(name)
        func tell(_ json: JSONValue, _ text: String?, unit: String = "") {
            record.append(
                SectionContent.Field(
                    key: name + unit, json: json, text: text.map { words.isEmpty ? $0 : "\(words) \($0)" }))
        }
        let number = field.number
        let isNone = field.none.map { UInt64($0) == number } ?? false
        let grouped = isNone ? nil : Format.grouped(number)
        switch field.kind {
        case .text:
            let text = view.string(field.bytes.load(as: oc_text.self))
            tell(.text(text), text.isEmpty ? nil : text)
        case .arguments:
            let bytes = view.text(field.bytes.load(as: oc_text.self))
            let parts = bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast()
                .map { String(decoding: $0, as: UTF8.self) }
            tell(.list(parts.map { .text($0) }), parts.isEmpty ? nil : parts.joined(separator: " "))
        case .number: tell(.integer(number), grouped)
        case .milliseconds: tell(.integer(number), grouped.map { $0 + " ms" }, unit: "Milliseconds")
        case .bytes: tell(.integer(number), grouped.map { $0 + " bytes" }, unit: "Bytes")
        case .checksum: tell(.text(Format.hexadecimal(UInt32(number))), Format.hexadecimal(UInt32(number)))
        case .kernelSet:
            let set = KernelSet(rawValue: UInt32(number)).map { "\($0.name)" } ?? "number \(number)"
            tell(.text(set), set)
        case .flag: record.append(.init(key: name, json: .flag(number != 0), text: number != 0 ? words : nil))
        case .fraction(let whole):
            let value = Double(number) / Double(whole)
            tell(.number(value), isNone ? nil : String(format: "%.3g", value))
        case .choice(let names, let first):
            let all = "\(names)".split(separator: " ")
            let name = String(all[Int(number) - Int(first)])
            tell(.text(name), name)
        case .index: if !isNone { tell(.integer(number), grouped) }
        case .label: if !isNone { tell(.integer(number), labelText(number, of: view)) }
        case .subLabel: if !isNone { tell(.integer(number - 1), labelText(number - 1, of: view.second ?? view)) }
        case .labels:
            let (first, count) = (Int(field.numbers[0]), Int(field.numbers[1]))
            let labels = view.watchLabels[first..<first + count].map { UInt64($0) }
            tell(
                .list(labels.map { .integer($0) }),
                labels.isEmpty ? nil : labels.map { labelText($0, of: view) }.joined(separator: ", "))
        case .signed: tell(.signed(field.bytes.load(as: Int32.self)), "\(field.bytes.load(as: Int32.self))")
        case .float:
            let value = field.bytes.load(as: Float.self)
            tell(.float(value), String(format: "%.6g", value))
        case .cpus:
            let cpus = view.cpus.map { Int($0) }
            tell(.list(cpus.map { .integer(UInt64($0)) }), cpus.isEmpty ? nil : cpuList(cpus))
        case .shape(let rank):
            let extents = field.numbers.prefix(rank)
            tell(.list(extents.map { .integer($0) }), Format.shape(extents))
        case .region, .places:
            let parts = field.numbers.map { Double($0) / 65535 }
            tell(
                .list(parts.map { .number($0) }), parts.map { String(format: "%.4g", $0) }.joined(separator: " "))
        case .signedFractions(let whole):
            let parts = field.numbers.map { Double(Int32(truncatingIfNeeded: $0)) / Double(whole) }
            tell(
                .list(parts.map { .number($0) }), parts.map { String(format: "%.4g", $0) }.joined(separator: " "))
        case .elements:
            guard field.number != UInt64(OC_NO_FIELD) else { return tell(.list([]), nil) }
            let keys = ["tensor", "first", "place", "anchor", "step", "curve", "flip"]
            let values = zip(keys, field.numbers.map { JSONValue.integer($0) })
            tell(.object(Dictionary(uniqueKeysWithValues: values)), "tensor \(field.number)")
        case .signedTable: tell(.list(field.numbers.map { .signed(Int32(truncatingIfNeeded: $0)) }), nil)
        case .table: tell(.list(field.numbers.map { .integer($0) }), nil)
        case .reserved, .other: break
        }
    }

    /// "281 (tabby)"
    private func labelText(_ index: UInt64, of view: BundleView) -> String {
        let number = Format.grouped(index)
        return view.labels.isEmpty ? number : "\(number) (\(view.string(view.labels[Int(index)])))"
    }

    /// "enterAfter" as "enter after", "maxFPS" as "max FPS"
    private static func words(_ name: String) -> String {
        var words = ""
        var wasCapital = false
        for character in name {
            let isCapital = character.isUppercase
            if isCapital, !wasCapital, !words.isEmpty { words += " " }
            words += String(character)
            wasCapital = isCapital
        }
        return words.split(separator: " ").map { $0.allSatisfy(\.isUppercase) ? String($0) : $0.lowercased() }
            .joined(separator: " ")
    }
}

extension Field {
    /// The elements as they lie there, without their signs.
    var numbers: [UInt64] {
        stride(from: 0, to: bytes.count, by: width).map { at in
            (0..<width).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
        }
    }

    /// The first of them.
    var number: UInt64 { numbers[0] }
}
