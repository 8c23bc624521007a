import Boards
import Bundle
import CBundle
import Foundation
import Graph

/// The records that make a model a sensor: pictures in, scores out, when to speak.
extension Emission {
    /// - Parameters:
    ///   - sensor: nil for a bare model: scores where the first output is a probability.
    ///   - bare: how pictures are taken for a bare model.
    ///   - labels: for a bare model, which must fit.
    ///   - head: of a detector, whose tensors are outputs.
    ///   - modelLabels: for a bare model without others, taken where they fit.
    mutating func emitSensor(
        _ sensor: SensorFile?, bare: SensorFile.Input, labels: [String], head: DetectorHead?,
        modelLabels: [String], ports: Ports
    ) throws(CompileError) {
        try emitPreprocess(sensor, sensor?.input ?? bare, ports)
        var labels = sensor?.labels ?? labels
        let scores =
            if let head { try emitDetector(head, sensor, labels: labels, ports) } else {
                try emitScores(sensor, labels: labels, ports)
            }
        let hasScores = scores > 0
        if sensor == nil, labels.isEmpty, modelLabels.count == scores { labels = modelLabels }
        if hasScores && !labels.isEmpty { addLabels(labels) }
        guard let sensor else { return }
        guard hasScores || sensor.watch.isEmpty else {
            throw CompileError(
                sensor.refusal(
                    "watch", "the model has no output that gives scores, so nothing can be watched; remove it"))
        }
        for (index, rule) in sensor.watch.enumerated() {
            guard let item = rule.labels.firstIndex(where: { $0 >= scores }) else { continue }
            throw CompileError(
                sensor.refusal(
                    "watch[\(index)].label" + (rule.labels.count > 1 ? "[\(item)]" : ""),
                    "the model's output \(sensor.output.index) has \(scores) scores; give an index from 0 to \(scores - 1), found "
                        + "\(rule.labels[item])"))
        }
        if let head {
            try emitObjects(sensor, head)
        } else {
            try refuseObjects(sensor)
            let zones = sensor.zones.map { zone in zone.record(name: intern(zone.name)) }
            if !zones.isEmpty { add(OC_SECTION_ZONES, zones) }
        }
        if !sensor.masks.isEmpty { add(OC_SECTION_MASKS, sensor.masks.map(\.part)) }
        if let motion = sensor.motion { add(OC_SECTION_MOTION, [motion.record]) }
        add(OC_SECTION_RECORD, [sensor.record.record(folder: intern(sensor.record.folder ?? ""))])
        var watchLabels: [UInt32] = []
        let watches = sensor.watch.map { rule in
            var record = rule.record(name: intern(rule.name), watchLabels: &watchLabels)
            // A detector sees the whole picture; where objects are is said elsewhere.
            if head != nil { record.zone = 0 }
            return record
        }
        add(OC_SECTION_WATCH, watches)
        // Programs that do not know the section take the bundles of all others.
        if !watchLabels.isEmpty { add(OC_SECTION_WATCH_LABELS, watchLabels) }
        let record = sensor.record(
            name: intern(sensor.name), source: intern(sensor.source ?? ""), topic: intern(sensor.topic ?? ""),
            link: intern(sensor.link.map { $0 + "\0" }.joined()))
        add(OC_SECTION_SENSOR, [record])
        let command = intern(sensor.command.map { $0 + "\0" }.joined())
        add(OC_SECTION_SOURCE, [sensor.sourceRecord(command: command, format: intern(sensor.camera.format ?? ""))])
        let controls = sensor.camera.controls.map { oc_control(name: intern($0.name), value: intern($0.value)) }
        add(OC_SECTION_CONTROLS, controls)
        add(OC_SECTION_LINES, sensor.lines.map { line in line.record { intern($0) } })
    }

    private mutating func emitPreprocess(
        _ sensor: SensorFile?, _ input: SensorFile.Input, _ ports: Ports
    ) throws(CompileError) {
        func refusal(_ key: String, _ message: String) -> CompileError {
            CompileError(sensor?.refusal(key, message) ?? message)
        }
        guard let id = ports.pictureTensor, tensor(id).shape.count == 4, tensor(id).shape[0] == 1,
            [1, 3].contains(tensor(id).shape[3]),
            tensor(id).shape[1] <= OC_MAX_INPUT_SIDE, tensor(id).shape[2] <= OC_MAX_INPUT_SIDE
        else {
            if sensor != nil {
                throw refusal(
                    "model",
                    "the model's first input is no picture ([1, height, width, 1 or 3], 8-bit or float32, at most "
                        + "\(OC_MAX_INPUT_SIDE) pixels a side); a sensor needs one"
                )
            }
            return
        }
        // A picture fills one input; nobody would fill the others.
        guard ports.unfilled.isEmpty else {
            guard let first = ports.unfilled.first, sensor != nil else { return }
            throw refusal(
                "model",
                "the model takes more than a picture: its input '\(first)' has no value; give it one in the sensor file, "
                    + "for example `inputs: {\(first): 0}`, or make it a constant in the model")
        }
        let tensor = tensor(id)
        let channels = tensor.shape[3]
        let colour = input.colour ?? (channels == 1 ? .grey : .rgb)
        guard (colour == .grey) == (channels == 1) else {
            throw refusal("input.colour", "it does not suit the model's \(channels) input channel(s); remove it")
        }
        if case .normalized(let mean, _) = input.pixels, mean.count > 1, mean.count != channels {
            throw refusal(
                "input.mean", "\(mean.count) numbers, but the model's input has \(channels) channel(s); give one")
        }
        var record = input.record(height: tensor.shape[1], width: tensor.shape[2], channels: channels)
        record.tensor = indices[id] ?? 0
        record.skip_steps = UInt32(ports.skippedSteps)
        let flip = arenaFlip(id)
        withUnsafeMutableBytes(of: &record.table) { table in
            for channel in 0..<3 {
                for value in 0...255 {
                    table[256 * channel + value] = element(UInt8(value), channel: channel, input.pixels, tensor) ^ flip
                }
            }
        }
        add(OC_SECTION_PREPROCESS, [record])
    }

    /// The element of an 8-bit tensor that a pixel value becomes: real = scale * (element - zero point), rounded to nearest.
    func element(_ value: UInt8, channel: Int, _ pixels: SensorFile.PixelScale, _ tensor: Tensor) -> UInt8 {
        let least = tensor.type == .int8 ? -128 : 0
        guard let real = pixels.real(value, channel: channel), let quantization = tensor.quantization else {
            return UInt8(truncatingIfNeeded: Int(value) + least)
        }
        let quotient = (real / Double(quantization.scale)).rounded() + Double(quantization.zeroPoint)
        return UInt8(truncatingIfNeeded: Int(min(max(quotient, Double(least)), Double(least + 255))))
    }

    /// - Returns: how many scores the bundle has; 0: it has none.
    private mutating func emitScores(_ sensor: SensorFile?, labels: [String], _ ports: Ports) throws(CompileError)
        -> Int
    {
        let output = sensor?.output
        func refusal(_ key: String, _ message: String) -> CompileError {
            CompileError(sensor?.refusal(key, message) ?? message)
        }
        let index = output?.index ?? 0
        guard ports.outputTensors.indices.contains(index) else {
            throw refusal(
                "output.index", "the model has no output \(index); give 0 to \(ports.outputTensors.count - 1)")
        }
        guard let id = ports.outputTensors[index], let quantization = tensor(id).quantization else {
            if output != nil {
                throw refusal(
                    "output", "output \(index) of the model is not 8-bit or dequantized from it, so it gives no scores")
            }
            return 0
        }
        let tensor = tensor(id)
        let least = tensor.type == .int8 ? Int32(-128) : 0
        func real(_ element: Int32) -> Double { Double(quantization.scale) * Double(element - quantization.zeroPoint) }
        if output == nil {
            // A bare model: only what cannot be anything but probabilities, one a label.
            let isProbability = real(least) >= -0.01 && real(least + 255) <= 1.01
            guard isProbability, tensor.elementCount == tensor.shape.last, tensor.elementCount <= 65536 else {
                guard labels.isEmpty else {
                    throw CompileError(
                        "there are labels, but the model's first output is no list of probabilities; use a sensor file to say more"
                    )
                }
                return 0
            }
        }
        guard labels.isEmpty || labels.count == tensor.elementCount else {
            throw refusal(
                "labels",
                "there are \(labels.count) labels, but output \(index) of the model has \(tensor.elementCount) scores"
                    + LabelList.hint(scores: tensor.elementCount))
        }
        var record = oc_scores()
        record.tensor = indices[id] ?? 0
        record.count = UInt32(tensor.elementCount)
        let flip = arenaFlip(id)
        withUnsafeMutableBytes(of: &record.table) { raw in
            for byte in 0...255 {
                let bits = UInt8(byte) ^ flip
                let value = real(tensor.type == .int8 ? Int32(Int8(bitPattern: bits)) : Int32(bits))
                let probability = output?.scores == .sigmoid ? 1 / (1 + exp(-value)) : value
                raw.bindMemory(to: UInt32.self)[byte] = UInt32((min(max(probability, 0), 1) * 65536).rounded())
            }
        }
        add(OC_SECTION_SCORES, [record])
        return tensor.elementCount
    }
}
