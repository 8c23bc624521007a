import CBundle

/// Typed access to the bytes of a bundle, in place. It exists only for bytes that `init(verifying:)` has accepted, so
/// every offset, count, text and index reachable from here lies inside them. It does not own the bytes.
public struct BundleView: @unchecked Sendable {
    public let bytes: UnsafeRawBufferPointer
    public let model: UnsafePointer<oc_model>
    public let tensors: UnsafeBufferPointer<oc_tensor>
    public let steps: UnsafeBufferPointer<oc_step>
    public let weights: UnsafeRawBufferPointer
    /// Tensor indices in the model's order.
    public let inputs: UnsafeBufferPointer<UInt32>
    /// Tensor indices in the model's order.
    public let outputs: UnsafeBufferPointer<UInt32>
    public let labels: UnsafeBufferPointer<oc_text>
    public let preprocess: UnsafePointer<oc_preprocess>?
    public let scores: UnsafePointer<oc_scores>?
    public let watches: UnsafeBufferPointer<oc_watch>
    public let sensor: UnsafePointer<oc_sensor>?
    public let source: UnsafePointer<oc_source_settings>?
    public let controls: UnsafeBufferPointer<oc_control>
    public let lines: UnsafeBufferPointer<oc_line>
    public let zones: UnsafeBufferPointer<oc_zone>
    public let masks: UnsafeBufferPointer<oc_region>
    public let motion: UnsafePointer<oc_motion>?
    public let record: UnsafePointer<oc_record>?
    public let fusions: UnsafeBufferPointer<oc_fusion>
    /// The bytes that texts lie in.
    public let strings: UnsafeRawBufferPointer

    /// Verifies everything but the steps' geometry, which `StepVerifier` of Kernels checks against the kernels' contracts.
    /// - Parameter bytes: 64-byte aligned; must outlive the view and not change.
    public init(verifying bytes: UnsafeRawBufferPointer) throws(BundleError) {
        let table = try SectionTable(verifying: bytes)
        self.bytes = bytes
        model = try table.single(OC_SECTION_MODEL, as: oc_model.self, "the bundle has no model section; build it again")
        strings = table.bytes(OC_SECTION_STRINGS)
        tensors = try table.records(OC_SECTION_TENSORS, as: oc_tensor.self)
        steps = try table.records(OC_SECTION_STEPS, as: oc_step.self)
        weights = table.bytes(OC_SECTION_WEIGHTS)
        inputs = try table.records(OC_SECTION_INPUTS, as: UInt32.self)
        outputs = try table.records(OC_SECTION_OUTPUTS, as: UInt32.self)
        labels = try table.records(OC_SECTION_LABELS, as: oc_text.self)
        preprocess = try table.optional(OC_SECTION_PREPROCESS, as: oc_preprocess.self)
        scores = try table.optional(OC_SECTION_SCORES, as: oc_scores.self)
        watches = try table.records(OC_SECTION_WATCH, as: oc_watch.self)
        sensor = try table.optional(OC_SECTION_SENSOR, as: oc_sensor.self)
        source = try table.optional(OC_SECTION_SOURCE, as: oc_source_settings.self)
        controls = try table.records(OC_SECTION_CONTROLS, as: oc_control.self)
        lines = try table.records(OC_SECTION_LINES, as: oc_line.self)
        zones = try table.records(OC_SECTION_ZONES, as: oc_zone.self)
        masks = try table.records(OC_SECTION_MASKS, as: oc_region.self)
        motion = try table.optional(OC_SECTION_MOTION, as: oc_motion.self)
        record = try table.optional(OC_SECTION_RECORD, as: oc_record.self)
        fusions = try table.records(OC_SECTION_FUSIONS, as: oc_fusion.self)
        try verifyRecords()
    }

    /// The CPUs that the threads belong on; none: wherever Linux puts them.
    public var cpus: [UInt16] {
        var cpus: [UInt16] = []
        withUnsafeBytes(of: model.pointee.cpus) { raw in
            for cpu in raw.bindMemory(to: UInt16.self) where cpu > 0 { cpus.append(cpu - 1) }
        }
        return cpus
    }

    /// Names the whole content: it is made of all sections' checksums.
    public var checksum: UInt32 {
        bytes.baseAddress!.assumingMemoryBound(to: oc_header.self).pointee.table_crc
    }

    /// The UTF-8 bytes of a text of this bundle.
    public func text(_ text: oc_text) -> UnsafeBufferPointer<UInt8> {
        UnsafeRawBufferPointer(rebasing: strings[Int(text.offset)..<Int(text.offset) + Int(text.length)])
            .assumingMemoryBound(to: UInt8.self)
    }

    /// The same as a string, for messages and reports; not for the steady state.
    public func string(_ text: oc_text) -> String {
        String(decoding: self.text(text), as: UTF8.self)
    }
}
