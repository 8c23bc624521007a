import Bundle
import CBundle
import Foundation
import Kernels

extension BundleReport {
    /// Sections that are shown in a form of their own.
    private static let shaped = [
        OC_SECTION_MODEL, OC_SECTION_STRINGS, OC_SECTION_TENSORS, OC_SECTION_STEPS, OC_SECTION_WEIGHTS,
        OC_SECTION_INPUTS, OC_SECTION_OUTPUTS, OC_SECTION_LABELS, OC_SECTION_WATCH_LABELS, OC_SECTION_FUSIONS,
    ]

    /// The whole bundle as text.
    /// - Parameter map: drawn at the end; its keys stand before the tensors.
    func text(map: ArenaMap) -> String {
        var parts = [head, ["Sections"] + sectionLines]
        let usageLines = usageLines
        if !usageLines.isEmpty { parts.append(["Use"] + usageLines) }
        if !view.labels.isEmpty { parts.append(["Labels"] + labelLines) }
        parts.append(["Tensors"] + tensorLines(map))
        parts.append(["Steps"] + stepLines)
        if !view.fusions.isEmpty { parts.append(["Fused"] + fusionLines) }
        parts.append(["Arena, \(Format.grouped(view.model.pointee.arena_bytes)) bytes"] + map.lines())
        return parts.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
    }

    private var head: [String] {
        let model = view.model.pointee
        let threads = Format.threads(Int(model.threads), view.cpus.map { Int($0) })
        let caches = model.caches
        func ports(_ indices: UnsafeBufferPointer<UInt32>) -> String {
            indices.map { "tensor \($0)" }.joined(separator: ", ")
        }
        var table = Columns([.left, .left])
        table.add([
            "model",
            "\(view.string(model.name)), from \(view.string(model.origin)) with CRC-32C "
                + Format.hexadecimal(model.origin_crc),
        ])
        table.add(["builder", view.string(model.builder)])
        table.add(["board", "\(view.string(model.board)), kernels \(Self.kernels(model)), \(threads)"])
        table.add(["work", "\(Format.grouped(model.macs)) multiply-accumulates an inference"])
        table.add([
            "arena",
            "\(Format.grouped(model.arena_bytes)) bytes" + (model.flip == 0 ? "" : ", int8 stored as value + 128"),
        ])
        if caches.l1 > 0 {
            let lower = Format.lowerCaches(l2: Int(caches.l2), l3: Int(caches.l3))
            table.add(["caches", "\(Format.grouped(caches.l1)) \(lower)"])
        }
        table.add(["inputs", ports(view.inputs)])
        table.add(["outputs", ports(view.outputs)])
        return ["\(file): bundle of format \(formatVersion), \(Format.grouped(view.bytes.count)) bytes"]
            + table.lines(indent: 2)
    }

    private var sectionLines: [String] {
        var table = Columns([.left, .right, .right, .right, .left])
        table.add(["kind", "records", "offset", "bytes", "CRC-32C"])
        for section in sections {
            table.add([
                section.kind, Format.grouped(section.records), Format.grouped(section.offset),
                Format.grouped(section.bytes), section.crc32c,
            ])
        }
        return table.lines(indent: 2)
    }

    /// What every other section says: how pictures come in, scores go out and events are made.
    private var usageLines: [String] {
        var table = Columns([.left, .left])
        for content in contents where !Self.shaped.contains(content.kind) {
            for record in content.records { table.add([content.name, SectionContent.text(of: record)]) }
            if content.kind == OC_SECTION_CASCADE, let second = view.second {
                table.add(["second model", Self.summary(of: second)])
            }
        }
        return table.lines(indent: 2)
    }

    private static func kernels(_ model: oc_model) -> String {
        KernelSet(rawValue: model.kernel_set).map { "\($0.name)" } ?? "number \(model.kernel_set)"
    }

    private static func summary(of second: BundleView) -> String {
        let model = second.model.pointee
        let labels = second.labels.prefix(8).map { second.string($0) }.joined(separator: ", ")
        return "\(second.string(model.origin)): kernels \(Self.kernels(model)), "
            + "\(Format.grouped(model.macs)) multiply-accumulates, "
            + "\(Format.grouped(model.arena_bytes)) bytes of arena, "
            + "\(Format.count(second.labels.count, "label")): \(labels)"
            + (second.labels.count > 8 ? ", …" : "")
    }

    private var labelLines: [String] {
        var table = Columns([.right, .left])
        for (index, label) in view.labels.enumerated() { table.add(["\(index)", view.string(label)]) }
        return table.lines(indent: 2)
    }

    private func tensorLines(_ map: ArenaMap) -> [String] {
        var table = Columns([.right, .left, .left, .left, .right, .right, .right, .right, .left, .left])
        table.add(["#", "map", "shape", "type", "scale", "zero", "offset", "bytes", "steps", "name"])
        for (index, record) in view.tensors.enumerated() {
            let tensor = TensorDescription(record, in: view)
            let quantized = tensor.scale != 0
            table.add([
                "\(index)", map.key(ofTensor: index) ?? "", Format.shape(tensor.shape), tensor.type,
                quantized ? String(format: "%.6g", tensor.scale) : "", quantized ? "\(tensor.zeroPoint)" : "",
                Format.grouped(record.offset), Format.grouped(tensor.bytes), lifetime(record), tensor.name,
            ])
        }
        return table.lines(indent: 2)
    }

    private func lifetime(_ tensor: oc_tensor) -> String {
        guard UInt32(tensor.space) == OC_SPACE_ARENA.rawValue else { return "constant" }
        func name(_ step: UInt32, none: String) -> String { step == UInt32(OC_NO_STEP) ? none : "\(step)" }
        return "\(name(tensor.first_step, none: "in"))-\(name(tensor.last_step, none: "end"))"
    }

    private var fusionLines: [String] {
        var table = Columns([.left, .right, .right, .left, .left])
        table.add(["steps", "saves bytes", "of arena", "what", "why"])
        for fusion in view.fusions {
            let first = Int(fusion.first_step)
            let what = view.string(fusion.what)
            table.add([
                fusion.first_step == UInt32(OC_NO_STEP) ? "" : "\(first)-\(first + max(Int(fusion.step_count), 1) - 1)",
                fusion.bytes > 0 ? Format.grouped(fusion.bytes) : "",
                fusion.arena_bytes > 0 ? Format.grouped(fusion.arena_bytes) : "",
                fusion.count == 1 ? what : "\(Format.grouped(fusion.count)) x \(what)", view.string(fusion.why),
            ])
        }
        return table.lines(indent: 2)
    }

    private var stepLines: [String] {
        var table = Columns([.right, .left, .left, .left, .left, .right, .right, .right, .left])
        table.add(["#", "kernel", "tensors", "shapes", "geometry", "MACs", "constants", "scratch", "from"])
        for (index, step) in steps.enumerated() {
            let inputs = step.inputs.map { "\($0)" }.joined(separator: ",")
            let shapes = step.shapes.map { $0.isEmpty ? "" : Format.shape($0) }
            table.add([
                "\(index)", step.kernel, "\(inputs)->\(step.output.map { "\($0)" } ?? "")",
                shapes.joined(separator: " -> "), step.geometry,
                step.macs > 0 ? Format.grouped(step.macs) : "",
                step.constantBytes > 0 ? Format.grouped(step.constantBytes) : "",
                step.scratchBytes > 0 ? Format.grouped(step.scratchBytes) : "", step.origin,
            ])
        }
        return table.lines(indent: 2)
    }
}
