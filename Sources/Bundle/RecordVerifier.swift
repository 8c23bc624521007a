import CBundle

/// The checks of each record. Afterwards no index, offset or enumeration of the bundle needs checking again.
extension BundleView {
    func verifyRecords() throws(BundleError) {
        try verifyModel()
        for index in tensors.indices { try verify(tensors[index], at: position(of: tensors, index)) }
        try verifyPorts(inputs)
        try verifyPorts(outputs)
        guard !steps.isEmpty, !outputs.isEmpty else {
            throw BundleError("the bundle has no steps or no outputs; build it again", at: 0)
        }
        for index in steps.indices { try verify(steps[index].name, at: position(of: steps, index)) }
        for index in labels.indices { try verify(labels[index], at: position(of: labels, index)) }
        try verifyPreprocess()
        try verifyScores()
        for index in watches.indices { try verify(watches[index], at: position(of: watches, index)) }
        if let sensor {
            let at = position(of: UnsafeRawPointer(sensor))
            try verify(unused: sensor.pointee.reserved, at: at + 36)
            guard sensor.pointee.privacy <= OC_PRIVACY_METADATA.rawValue else {
                throw BundleError("the sensor's privacy is unknown; build the bundle again", at: at + 32)
            }
            try verify(sensor.pointee.name, at: at)
            try verify(sensor.pointee.source, at: at)
            try verify(sensor.pointee.topic, at: at)
        }
        try verifySource()
        try verifyRecord()
        guard lines.count <= Int(OC_MAX_LINES) else {
            throw BundleError("the bundle has more than 32 lines; build it again", at: position(of: lines, 0))
        }
        for index in lines.indices { try verify(lines[index], at: position(of: lines, index)) }
        for index in fusions.indices { try verify(fusions[index], at: position(of: fusions, index)) }
        try verifyRegions()
    }

    func position(of pointer: UnsafeRawPointer) -> Int { pointer - bytes.baseAddress! }

    func position<T>(of records: UnsafeBufferPointer<T>, _ index: Int) -> Int {
        position(of: UnsafeRawPointer(records.baseAddress! + index))
    }

    func verify<T: BitwiseCopyable>(unused reserved: T, at byte: Int) throws(BundleError) {
        try SectionTable.verify(unused: reserved, at: byte)
    }

    func verify(_ text: oc_text, at byte: Int) throws(BundleError) {
        guard UInt64(text.offset) + UInt64(text.length) <= UInt64(strings.count) else {
            throw BundleError("a text lies outside the strings section; build the bundle again", at: byte)
        }
    }

    private func verifyModel() throws(BundleError) {
        let at = position(of: UnsafeRawPointer(model))
        let m = model.pointee
        try verify(unused: m.reserved, at: at + 96)
        try verify(m.name, at: at)
        try verify(m.origin, at: at)
        try verify(m.board, at: at)
        try verify(m.builder, at: at)
        guard m.kernel_set > 0, m.kernel_set < OC_SET_LIMIT.rawValue else {
            throw BundleError(
                "the bundle is packed for a kernel set that this program does not know; build it again", at: at + 32)
        }
        guard m.flip == 0 || m.flip == 0x80 else {
            throw BundleError("the bundle's flip is neither 0 nor 128; build it again", at: at + 36)
        }
        guard (1...16).contains(m.threads) else {
            throw BundleError("the bundle's thread count is not between 1 and 16; build it again", at: at + 40)
        }
        try verifyCPUs(at: at + 64)
        guard m.arena_bytes % UInt64(OC_ALIGNMENT) == 0, m.arena_bytes <= UInt64(Int32.max) else {
            throw BundleError(
                "the arena is no multiple of 64 bytes or above 2 GiB; build the bundle again", at: at + 48)
        }
    }

    private func verifyCPUs(at byte: Int) throws(BundleError) {
        let (isSound, count) = withUnsafeBytes(of: model.pointee.cpus) { raw in
            let cpus = raw.bindMemory(to: UInt16.self)
            let count = cpus.firstIndex(of: 0) ?? cpus.count
            var isSound = true
            for index in cpus.indices {
                guard index < count else {
                    isSound = isSound && cpus[index] == 0
                    continue
                }
                isSound = isSound && cpus[index] <= UInt16(OC_MAX_CPUS) && !cpus[..<index].contains(cpus[index])
            }
            return (isSound, count)
        }
        guard isSound else {
            throw BundleError(
                "the CPUs of the threads are out of range, listed twice or have gaps; build the bundle again", at: byte)
        }
        guard count == 0 || count >= Int(model.pointee.threads) else {
            throw BundleError("there are fewer CPUs than threads to run on them; build the bundle again", at: byte)
        }
    }

    private func verify(_ tensor: oc_tensor, at byte: Int) throws(BundleError) {
        try verify(unused: tensor.reserved, at: byte + 11)
        try verify(tensor.name, at: byte)
        guard tensor.type >= OC_TYPE_INT8.rawValue, tensor.type <= OC_TYPE_FLOAT32.rawValue,
            tensor.rank <= OC_MAX_RANK
        else {
            throw BundleError("a tensor's type or rank is unknown; build the bundle again", at: byte + 8)
        }
        var elements = UInt64(1)
        let shape = tensor.extents
        for d in 0..<Int(OC_MAX_RANK) {
            guard shape[d] >= 1, d < Int(tensor.rank) || shape[d] == 1 else {
                throw BundleError("a tensor's shape has an extent below 1; build the bundle again", at: byte + 12)
            }
            elements *= UInt64(shape[d])
            guard elements <= UInt64(Int32.max) else {
                throw BundleError("a tensor has more than 2^31 - 1 elements; build the bundle again", at: byte + 12)
            }
        }
        guard UInt64(tensor.bytes) == elements * UInt64(elementBytes(ofType: tensor.type)) else {
            throw BundleError("a tensor's bytes do not match its shape; build the bundle again", at: byte + 40)
        }
        let end = UInt64(tensor.offset) + UInt64(tensor.bytes)
        let limit: UInt64
        switch UInt32(tensor.space) {
        case OC_SPACE_ARENA.rawValue: limit = model.pointee.arena_bytes
        case OC_SPACE_WEIGHTS.rawValue: limit = UInt64(weights.count)
        default: limit = 0
        }
        guard end <= limit else {
            throw BundleError("a tensor lies outside its space; build the bundle again", at: byte + 36)
        }
        guard tensor.scale >= 0, tensor.scale.isFinite else {
            throw BundleError("a tensor's scale is negative or no number; build the bundle again", at: byte + 44)
        }
    }

    private func verifyPorts(_ ports: UnsafeBufferPointer<UInt32>) throws(BundleError) {
        for index in ports.indices {
            guard ports[index] < UInt32(tensors.count),
                UInt32(tensors[Int(ports[index])].space) == OC_SPACE_ARENA.rawValue
            else {
                throw BundleError(
                    "an input or output is no tensor of the arena; build the bundle again",
                    at: position(of: ports, index))
            }
        }
    }

    private func verifyPreprocess() throws(BundleError) {
        guard let preprocess else { return }
        let at = position(of: UnsafeRawPointer(preprocess))
        let p = preprocess.pointee
        let sides = 1...UInt32(OC_MAX_INPUT_SIDE)
        guard sides.contains(p.width), sides.contains(p.height), p.channels == 1 || p.channels == 3,
            p.fit <= OC_FIT_CONTAIN.rawValue, p.bgr <= 1, p.orientation <= 3 | UInt8(OC_MIRRORED)
        else {
            throw BundleError("the preprocessing record is out of range; build the bundle again", at: at)
        }
        guard p.tensor < UInt32(tensors.count), p.skip_steps <= UInt32(steps.count) else {
            throw BundleError(
                "the preprocessing names a tensor or step that does not exist; build the bundle again", at: at + 12)
        }
        let input = tensors[Int(p.tensor)]
        guard isByteActivation(input), UInt64(input.bytes) == UInt64(p.width) * UInt64(p.height) * UInt64(p.channels)
        else {
            throw BundleError(
                "the preprocessing's size is not that of its tensor; build the bundle again", at: at)
        }
        try verify(oc_region(x: p.crop.0, y: p.crop.1, width: p.crop.2, height: p.crop.3), at: at + 24)
    }

    private func verify(_ part: oc_region, at byte: Int) throws(BundleError) {
        guard part.width > 0, part.height > 0, UInt32(part.x) + UInt32(part.width) <= 65535,
            UInt32(part.y) + UInt32(part.height) <= 65535
        else {
            throw BundleError(
                "a crop, zone or mask is empty or leaves the frame; build the bundle again", at: byte)
        }
    }

    private func verifyRegions() throws(BundleError) {
        for index in zones.indices {
            let at = position(of: zones, index)
            guard index < Int(OC_MAX_ZONES), preprocess != nil else {
                throw BundleError("there are too many zones, or zones of no picture; build the bundle again", at: at)
            }
            try verify(unused: zones[index].reserved, at: at + 16)
            try verify(zones[index].name, at: at)
            try verify(zones[index].part, at: at + 8)
        }
        for index in masks.indices {
            let at = position(of: masks, index)
            guard index < Int(OC_MAX_MASKS) else {
                throw BundleError("there are too many masks; build the bundle again", at: at)
            }
            try verify(masks[index], at: at)
        }
        guard let motion else { return }
        let at = position(of: UnsafeRawPointer(motion))
        try verify(unused: motion.pointee.reserved, at: at + 16)
        guard 1...255 ~= motion.pointee.level, 1...65536 ~= motion.pointee.area else {
            throw BundleError("the motion gate's numbers are out of range; build the bundle again", at: at)
        }
    }

    private func verifyScores() throws(BundleError) {
        guard let scores else { return }
        let at = position(of: UnsafeRawPointer(scores))
        let s = scores.pointee
        guard s.tensor < UInt32(tensors.count), isByteActivation(tensors[Int(s.tensor)]) else {
            throw BundleError("the scores' tensor does not exist or is not 8-bit; build the bundle again", at: at)
        }
        guard tensors[Int(s.tensor)].bytes == s.count, s.count > 0, labels.isEmpty || labels.count == Int(s.count)
        else {
            throw BundleError(
                "the scores' count is not that of the tensor and the labels; build the bundle again", at: at + 4)
        }
        let inRange = withUnsafeBytes(of: s.table) { raw in
            var fine = true
            for value in raw.bindMemory(to: UInt32.self) where value > 65536 { fine = false }
            return fine
        }
        guard inRange else {
            throw BundleError("a score is above 65536; build the bundle again", at: at + 8)
        }
    }

    private func verify(_ fusion: oc_fusion, at byte: Int) throws(BundleError) {
        try verify(fusion.what, at: byte)
        try verify(fusion.why, at: byte + 8)
        try verify(unused: fusion.reserved, at: byte + 28)
        guard
            fusion.first_step == UInt32(OC_NO_STEP)
                || UInt64(fusion.first_step) + UInt64(fusion.step_count) <= UInt64(steps.count)
        else { throw BundleError("a fusion names steps that do not exist; build the bundle again", at: byte + 20) }
    }

    private func isByteActivation(_ tensor: oc_tensor) -> Bool {
        UInt32(tensor.space) == OC_SPACE_ARENA.rawValue && elementBytes(ofType: tensor.type) == 1
    }

    private func verify(_ watch: oc_watch, at byte: Int) throws(BundleError) {
        try verify(unused: watch.reserved, at: byte + 44)
        try verify(watch.name, at: byte)
        guard let scores, watch.label < scores.pointee.count else {
            throw BundleError("a watch rule is for a label that has no score; build the bundle again", at: byte + 8)
        }
        guard watch.on <= 65536, watch.off <= watch.on, (1...65536).contains(watch.smoothing) else {
            throw BundleError(
                "a watch rule's thresholds or smoothing are out of range; build the bundle again", at: byte + 12)
        }
        guard watch.zone <= zones.count else {
            throw BundleError("a watch rule is for a zone that does not exist; build the bundle again", at: byte + 40)
        }
    }
}

extension oc_tensor {
    /// The shape as a fixed array, 1 past the rank.
    public var extents: [6 of Int32] { [shape.0, shape.1, shape.2, shape.3, shape.4, shape.5] }
}

/// Bytes of one element of an `oc_type`; 0 for an unknown one.
public func elementBytes(ofType type: UInt8) -> Int {
    switch UInt32(type) {
    case OC_TYPE_INT8.rawValue, OC_TYPE_UINT8.rawValue: 1
    case OC_TYPE_INT32.rawValue, OC_TYPE_FLOAT32.rawValue: 4
    case OC_TYPE_INT64.rawValue: 8
    default: 0
    }
}
