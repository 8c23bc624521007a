import CBundle

/// Damages bundles where checksums do not tell: fields of records, then all checksums made right again. The weights come
/// last in the file, so that a read past them is one past the end of the memory.
public struct BundleMutator {
    private var random: SplitMix64

    /// Where the fields of each section's records are.
    private struct Layout: Sendable {
        var kind: oc_section_kind
        var recordBytes: Int
        var fields: [BundleFields.Place]
    }

    private static let layouts: [Layout] = {
        do {
            let all = try BundleFields(SampleBundle.make())
            return all.sections.map { section in
                Layout(
                    kind: section.kind, recordBytes: section.recordBytes,
                    fields: all.places.filter { $0.section == section.name && $0.record == 0 })
            }
        } catch {
            fatalError("the sample is refused: \(error)")
        }
    }()

    private static let steps = layouts.firstIndex { $0.kind == OC_SECTION_STEPS } ?? 0

    public init(seed: UInt64) { random = SplitMix64(state: seed) }

    public mutating func mutate(_ original: [UInt8]) -> [UInt8] {
        var file = BundleFile(original)
        if let weights = file[OC_SECTION_WEIGHTS] { file[OC_SECTION_WEIGHTS] = weights }
        if random.below(8) == 0 {
            // Anything anywhere, header and table too.
            var mutator = Mutator(seed: random.next())
            var bytes = mutator.mutate(file.bytes())
            if bytes.count >= 24, random.below(2) == 0 {
                let size = UInt64(bytes.count)
                for index in 0..<8 { bytes[16 + index] = UInt8(truncatingIfNeeded: size >> UInt64(8 * index)) }
            }
            BundleFile.repair(&bytes)
            return bytes
        }
        repeat { change(&file) } while random.below(2) == 0
        return file.bytes()
    }

    private mutating func change(_ file: inout BundleFile) {
        // Steps are what most rules are about.
        let kinds = Self.layouts.count
        let layout = Self.layouts[random.below(5) == 0 ? Self.steps : random.below(kinds)]
        guard let index = file.sections.firstIndex(where: { $0.kind == layout.kind.rawValue }),
            !file.sections[index].bytes.isEmpty
        else { return }
        if layout.kind == OC_SECTION_CASCADE_BUNDLE, random.below(4) > 0 {
            file.sections[index].bytes = mutate(file.sections[index].bytes)
            file.sections[index].count = UInt32(file.sections[index].bytes.count)
            return
        }
        if random.below(40) == 0 {
            if random.below(2) == 0 { file.sections[index].count &+= UInt32(random.below(3)) &- 1 }
            let bytes = file.sections[index].bytes
            file.sections[index].bytes = Array(bytes.prefix(random.below(bytes.count + 1)))
            return
        }
        let bytes = file.sections[index].bytes.count
        let records = max(bytes / layout.recordBytes, 1)
        if let field = layout.fields.isEmpty ? nil : layout.fields[random.below(layout.fields.count)],
            random.below(2) == 0
        {
            // What it holds, of which elements of a list are one each.
            let at = random.below(records) * layout.recordBytes + field.offset
            let element = at + random.below(field.count) * field.width
            if element + field.width <= bytes, [1, 2, 4].contains(field.width) {
                store(&file.sections[index].bytes, at: element, other: element, width: field.width)
                return
            }
        }
        change(&file.sections[index].bytes, record: layout.kind == OC_SECTION_STEPS ? layout.recordBytes : bytes)
    }

    /// One field of one record.
    private mutating func change(_ bytes: inout [UInt8], record: Int) {
        let width = [1, 2, 4, 4, 4, 4][random.below(6)]
        guard bytes.count >= width else { return }
        let start = random.below(max(bytes.count / record, 1)) * record
        func clip(_ position: Int) -> Int { min(position / width * width, bytes.count - width) }
        let at = clip(start + random.below(record))
        let other = clip(start + random.below(record))
        store(&bytes, at: at, other: other, width: width)
    }

    /// Another value in place of one, maybe that of another place.
    private mutating func store(_ bytes: inout [UInt8], at: Int, other: Int, width: Int) {
        let old = value(bytes, at, width)
        let new: UInt32
        switch random.below(8) {
        case 0: new = old ^ 1 << UInt32(random.below(8 * width))
        case 1, 2, 3: new = old &+ UInt32(truncatingIfNeeded: [-1, 1, -2, 2, -8, 8, -64, 64, 256][random.below(9)])
        case 4: new = value(bytes, other, width)
        case 5: new = [old &* 2, old / 2, 0 &- old, ~old][random.below(4)]
        case 6: new = UInt32(truncatingIfNeeded: random.next())
        default:
            let edges: [UInt32] = [
                0, 1, 2, 3, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x10000, 0x1fff_ffff, 0x7fff_ffff, 0x8000_0000,
                0xffff_ff80, 0xffff_fffe, 0xffff_ffff,
            ]
            new = edges[random.below(edges.count)]
        }
        for index in 0..<width { bytes[at + index] = UInt8(truncatingIfNeeded: new >> UInt32(8 * index)) }
    }

    private func value(_ bytes: [UInt8], _ at: Int, _ width: Int) -> UInt32 {
        (0..<width).reduce(0) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
    }
}
