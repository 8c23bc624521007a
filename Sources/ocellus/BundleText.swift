import Foundation

extension BundleReport {
    /// The whole bundle as text.
    /// - Parameter map: drawn at the end; its keys stand before the tensors.
    func text(map: ArenaMap) -> String {
        var parts = [head, ["Sections"] + sectionLines]
        if !usageLines.isEmpty { parts.append(["Use"] + usageLines) }
        if !labels.isEmpty { parts.append(["Labels"] + labelLines) }
        parts.append(["Tensors"] + tensorLines(map))
        parts.append(["Steps"] + stepLines)
        if !fusions.isEmpty { parts.append(["Fused"] + fusionLines) }
        parts.append(["Arena, \(Format.grouped(arenaBytes)) bytes"] + map.lines())
        return parts.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
    }

    private var head: [String] {
        var table = Columns([.left, .left])
        table.add(["model", "\(model), from \(origin) with CRC-32C \(originCRC32C)"])
        table.add(["builder", builder])
        table.add(["board", "\(board), kernels \(kernels), \(Format.threads(threads, cpus))"])
        table.add(["work", "\(Format.grouped(macs)) multiply-accumulates an inference"])
        table.add(["arena", "\(Format.grouped(arenaBytes)) bytes" + (flip == 0 ? "" : ", int8 stored as value + 128")])
        table.add(["inputs", inputs.map { "tensor \($0)" }.joined(separator: ", ")])
        table.add(["outputs", outputs.map { "tensor \($0)" }.joined(separator: ", ")])
        return ["\(file): bundle of format \(formatVersion), \(Format.grouped(fileBytes)) bytes"]
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

    /// How pictures come in, scores go out and events are made.
    private var usageLines: [String] {
        var table = Columns([.left, .left])
        if let picture {
            var text =
                "\(picture.order) \(picture.width)x\(picture.height) into tensor \(picture.tensor), \(picture.fit)"
            if picture.crop != [0, 0, 1, 1] {
                text += ", crop " + picture.crop.map { String(format: "%.4g", $0) }.joined(separator: " ")
            }
            if picture.fit == "contain" { text += ", bars of \(picture.fill)" }
            if picture.skippedSteps > 0 { text += ", from step \(picture.skippedSteps) on" }
            table.add(["picture", text])
        }
        if let scoreTensor, let scoreCount {
            table.add(["scores", "\(Format.grouped(scoreCount)) in tensor \(scoreTensor)"])
        }
        if let sensor {
            var text = sensor.name
            if !sensor.source.isEmpty { text += ", source \(sensor.source)" }
            if !sensor.topic.isEmpty { text += ", topic \(sensor.topic)" }
            if sensor.heartbeatMilliseconds > 0 { text += ", heartbeat \(sensor.heartbeatMilliseconds) ms" }
            if sensor.maxFPS > 0 { text += String(format: ", at most %g frames a second", sensor.maxFPS) }
            if sensor.isMetadataOnly { text += ", metadata only: no pixel is ever written" }
            table.add(["sensor", text])
        }
        for zone in zones { table.add(["zone", "\(zone.name): \(Self.region(zone.part))"]) }
        for mask in masks { table.add(["mask", Self.region(mask)]) }
        if let motion {
            var text = String(
                format: "level %d, area %.3g, hold %d ms", motion.level, motion.area, motion.holdMilliseconds)
            if motion.everyMilliseconds > 0 { text += ", every \(motion.everyMilliseconds) ms" }
            table.add(["motion", text])
        }
        if let record, !record.folder.isEmpty {
            table.add([
                "record",
                "into \(record.folder): \(record.framesBefore) frames before and \(record.framesAfter) after an event, "
                    + "\(record.size) pixels, quality \(record.quality), at most "
                    + "\(Format.grouped(Int(record.budgetBytes))) bytes",
            ])
        }
        for rule in watch {
            var text =
                "\(rule.name) (label \(rule.label)\(rule.zone == 0 ? "" : ", zone \(zones[rule.zone - 1].name)")): "
            text += String(format: "on %.3g, off %.3g, smoothing %.3g", rule.on, rule.off, rule.smoothing)
            for (name, time) in [
                ("enter after", rule.enterAfterMilliseconds), ("leave after", rule.leaveAfterMilliseconds),
                ("cooldown", rule.cooldownMilliseconds), ("update every", rule.updateEveryMilliseconds),
            ] where time > 0 { text += ", \(name) \(time) ms" }
            table.add(["watch", text])
        }
        return table.lines(indent: 2)
    }

    private static func region(_ part: [Double]) -> String {
        part.map { String(format: "%.4g", $0) }.joined(separator: " ")
    }

    private var labelLines: [String] {
        var table = Columns([.right, .left])
        for (index, label) in labels.enumerated() { table.add(["\(index)", label]) }
        return table.lines(indent: 2)
    }

    private func tensorLines(_ map: ArenaMap) -> [String] {
        var table = Columns([.right, .left, .left, .left, .right, .right, .right, .right, .left, .left])
        table.add(["#", "map", "shape", "type", "scale", "zero", "offset", "bytes", "steps", "name"])
        for (index, tensor) in tensors.enumerated() {
            let quantized = tensor.description.scale != 0
            table.add([
                "\(index)", map.key(ofTensor: index) ?? "", Format.shape(tensor.description.shape),
                tensor.description.type, quantized ? String(format: "%.6g", tensor.description.scale) : "",
                quantized ? "\(tensor.description.zeroPoint)" : "", Format.grouped(tensor.offset),
                Format.grouped(tensor.description.bytes), lifetime(tensor), tensor.description.name,
            ])
        }
        return table.lines(indent: 2)
    }

    private func lifetime(_ tensor: Tensor) -> String {
        guard tensor.space == "arena" else { return "constant" }
        return "\(tensor.firstStep.map { "\($0)" } ?? "in")-\(tensor.lastStep.map { "\($0)" } ?? "end")"
    }

    private var fusionLines: [String] {
        var table = Columns([.left, .right, .right, .left, .left])
        table.add(["steps", "saves bytes", "of arena", "what", "why"])
        for fusion in fusions {
            let steps = fusion.firstStep.map { "\($0)-\($0 + max(fusion.steps, 1) - 1)" } ?? ""
            table.add([
                steps, fusion.bytes > 0 ? Format.grouped(fusion.bytes) : "",
                fusion.arenaBytes > 0 ? Format.grouped(fusion.arenaBytes) : "",
                fusion.count == 1 ? fusion.what : "\(Format.grouped(fusion.count)) x \(fusion.what)", fusion.why,
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
