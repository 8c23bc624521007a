import Boards
import Bundle
import CBundle
import Foundation
import Graph

/// The records that make a model a sensor: pictures in, scores out, when to speak.
extension Emission {
    /// - Parameters:
    ///   - sensor: nil for a bare model: whole picture, stretched; the pixel value is the element; scores where the
    ///     first output is a probability.
    ///   - labels: for a bare model.
    mutating func emitSensor(_ sensor: SensorFile?, labels: [String], ports: Ports) throws(CompileError) {
        try emitPreprocess(sensor?.input ?? SensorFile.Input(), required: sensor != nil, ports)
        let labels = sensor?.labels ?? labels
        let hasScores = try emitScores(sensor?.output, labels: labels, ports)
        if hasScores && !labels.isEmpty {
            let texts = labels.map { intern($0) }
            add(OC_SECTION_LABELS, texts)
        }
        guard let sensor else { return }
        guard hasScores || sensor.watch.isEmpty else {
            throw CompileError(
                "the model has no output that gives scores, so nothing can be watched; remove `watch` from the sensor file"
            )
        }
        let zones = sensor.zones.map { zone in zone.record(name: intern(zone.name)) }
        if !zones.isEmpty { add(OC_SECTION_ZONES, zones) }
        if !sensor.masks.isEmpty { add(OC_SECTION_MASKS, sensor.masks.map(\.part)) }
        if let motion = sensor.motion { add(OC_SECTION_MOTION, [motion.record]) }
        add(OC_SECTION_RECORD, [sensor.record.record(folder: intern(sensor.record.folder ?? ""))])
        let watches = sensor.watch.map { rule in rule.record(name: intern(rule.name)) }
        add(OC_SECTION_WATCH, watches)
        let record = sensor.record(
            name: intern(sensor.name), source: intern(sensor.source ?? ""), topic: intern(sensor.topic ?? ""))
        add(OC_SECTION_SENSOR, [record])
        let command = intern(sensor.command.map { $0 + "\0" }.joined())
        add(OC_SECTION_SOURCE, [sensor.sourceRecord(command: command, format: intern(sensor.camera.format ?? ""))])
        let controls = sensor.camera.controls.map { oc_control(name: intern($0.name), value: intern($0.value)) }
        add(OC_SECTION_CONTROLS, controls)
        add(OC_SECTION_LINES, sensor.lines.map { line in line.record { intern($0) } })
    }

    private mutating func emitPreprocess(_ input: SensorFile.Input, required: Bool, _ ports: Ports) throws(CompileError)
    {
        guard let id = ports.pictureTensor, tensor(id).shape.count == 4, tensor(id).shape[0] == 1,
            [1, 3].contains(tensor(id).shape[3]),
            tensor(id).shape[1] <= OC_MAX_INPUT_SIDE, tensor(id).shape[2] <= OC_MAX_INPUT_SIDE
        else {
            if required {
                throw CompileError(
                    "the model's first input is no picture ([1, height, width, 1 or 3], 8-bit or float32, at most "
                        + "\(OC_MAX_INPUT_SIDE) pixels a side); a sensor needs one"
                )
            }
            return
        }
        let tensor = tensor(id)
        let channels = tensor.shape[3]
        let colour = input.colour ?? (channels == 1 ? .grey : .rgb)
        guard (colour == .grey) == (channels == 1) else {
            throw CompileError(
                "the sensor file's input.colour does not suit the model's \(channels) input channels; remove it")
        }
        var record = oc_preprocess()
        record.width = UInt32(tensor.shape[2])
        record.height = UInt32(tensor.shape[1])
        record.channels = UInt32(channels)
        record.tensor = indices[id] ?? 0
        record.skip_steps = UInt32(ports.skippedSteps)
        record.fit = UInt8(input.fit.record.rawValue)
        record.bgr = colour == .bgr ? 1 : 0
        record.fill = input.fill
        record.orientation = input.orientation
        record.crop = input.crop.record
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
    private func element(_ value: UInt8, channel: Int, _ pixels: SensorFile.PixelScale, _ tensor: Tensor) -> UInt8 {
        let least = tensor.type == .int8 ? -128 : 0
        guard let real = pixels.real(value, channel: channel), let quantization = tensor.quantization else {
            return UInt8(truncatingIfNeeded: Int(value) + least)
        }
        let quotient = (real / Double(quantization.scale)).rounded() + Double(quantization.zeroPoint)
        return UInt8(truncatingIfNeeded: Int(min(max(quotient, Double(least)), Double(least + 255))))
    }

    /// - Returns: whether the bundle has scores.
    private mutating func emitScores(_ output: SensorFile.Output?, labels: [String], _ ports: Ports)
        throws(CompileError) -> Bool
    {
        let index = output?.index ?? 0
        guard ports.outputTensors.indices.contains(index) else {
            throw CompileError(
                "the sensor file's output.index is \(index), but the model has \(ports.outputTensors.count) outputs (from 0)"
            )
        }
        guard let id = ports.outputTensors[index], let quantization = tensor(id).quantization else {
            if output != nil {
                throw CompileError(
                    "output \(index) of the model is not 8-bit or dequantized from it, so it gives no scores")
            }
            return false
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
                return false
            }
        }
        guard labels.isEmpty || labels.count == tensor.elementCount else {
            throw CompileError(
                "there are \(labels.count) labels, but output \(index) of the model has \(tensor.elementCount) scores")
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
        return true
    }
}
