import Bundle
import CBundle
import Kernels

/// Everything in a bundle; `ocellus inspect --json` prints it. Offsets and sizes are bytes.
struct BundleReport: Encodable {
    struct Section: Encodable {
        var kind: String
        var records: Int
        var offset: UInt64
        var bytes: UInt64
        var crc32c: String
    }

    /// Of which its section's description leaves most to the kernels.
    struct Step: Encodable {
        var kernel: String
        /// Where it comes from in the trained model.
        var origin: String
        /// Indices into the tensors.
        var inputs: [Int]
        var output: Int?
        /// Shapes of the first input and of the output; of a strip, with the rows that it reads and writes.
        var shapes: [[Int]]
        var geometry: String
        var macs: Int
        var constantBytes: Int
        var scratchBytes: Int
    }

    let view: BundleView
    let file: String
    let formatVersion: Int
    /// The table of sections.
    let sections: [Section]
    /// What is in them.
    let contents: [SectionContent]
    let steps: [Step]

    /// - Parameter view: steps verified; must outlive the report.
    init(_ view: BundleView, file: String) {
        self.view = view
        self.file = file
        let header = view.bytes.load(as: oc_header.self)
        formatVersion = Int(header.version)
        let contents = SectionContent.all(of: view)
        self.contents = contents
        sections = (0..<Int(header.section_count)).map { index in
            let section = view.bytes.loadUnaligned(
                fromByteOffset: MemoryLayout<oc_header>.size + index * MemoryLayout<oc_section>.stride,
                as: oc_section.self)
            return Section(
                kind: contents.first { $0.kind.rawValue == section.kind }?.name ?? "kind \(section.kind)",
                records: Int(section.count), offset: section.offset, bytes: section.bytes,
                crc32c: Format.hexadecimal(section.crc))
        }
        steps = view.steps.map { Step($0, in: view) }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }

    /// The fields of the model's record stand beside the sections that the bundle has.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(file, forKey: Key("file"))
        try container.encode(formatVersion, forKey: Key("formatVersion"))
        try container.encode(view.bytes.count, forKey: Key("fileBytes"))
        try container.encode(sections, forKey: Key("sections"))
        for content in contents where content.isPresent {
            switch content.kind {
            case OC_SECTION_STRINGS, OC_SECTION_WEIGHTS: break
            case OC_SECTION_MODEL:
                guard case .object(let fields) = content.json else { continue }
                for (name, value) in fields { try container.encode(value, forKey: Key(name)) }
            case OC_SECTION_CASCADE_BUNDLE:
                guard let second = view.second else { continue }
                try container.encode(BundleReport(second, file: file), forKey: Key(content.name))
            case OC_SECTION_STEPS: try container.encode(steps, forKey: Key(content.name))
            default: try container.encode(content.json, forKey: Key(content.name))
            }
        }
    }
}

extension BundleReport.Step {
    init(_ record: oc_step, in view: BundleView) {
        func tensor(_ operand: oc_operand) -> Int? {
            let index = Int(operand.tensor)
            return operand.space != OC_SPACE_NONE.rawValue && view.tensors.indices.contains(index) ? index : nil
        }
        kernel = "\(record.kernelName)"
        origin = view.string(record.name)
        inputs = [tensor(record.in.0), tensor(record.in.1)].compactMap(\.self)
        output = tensor(record.out)
        shapes = [record.in.0, record.out].map { $0.shape(in: view) }
        geometry = record.geometry
        macs = Int(clamping: record.macs)
        constantBytes = Int(record.constants.bytes)
        scratchBytes = Int(record.scratch.bytes)
    }
}

extension oc_operand {
    /// The shape of the tensor that it is, or of its part: some rows of a picture.
    func shape(in view: BundleView) -> [Int] {
        guard space != OC_SPACE_NONE.rawValue, view.tensors.indices.contains(Int(tensor)) else { return [] }
        let whole = view.tensors[Int(tensor)]
        var shape = TensorDescription(whole, in: view).shape
        if bytes < whole.bytes, shape.count == 4 { shape[1] = shape[1] * Int(bytes) / Int(whole.bytes) }
        return shape
    }
}

extension oc_step {
    /// Whether it makes some rows of its output only.
    func isStrip(in view: BundleView) -> Bool {
        view.tensors.indices.contains(Int(out.tensor)) && out.bytes < view.tensors[Int(out.tensor)].bytes
            && out.shape(in: view).count == 4
    }
}
