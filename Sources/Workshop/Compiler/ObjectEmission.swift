import Boards
import Bundle
import CBundle
import Graph
import Kernels

/// The records that make objects of a detector's boxes, and say where and what they must be.
extension Emission {
    mutating func emitObjects(_ sensor: SensorFile, _ head: DetectorHead) throws(CompileError) {
        let tracks = sensor.tracks ?? SensorFile.Tracks()
        func units(_ score: Double) -> UInt32 { UInt32(min(max((score * 65536).rounded(), 1), 65536)) }
        var tracker = oc_tracker()
        // Found with scenes of Examples/benchmark/tracking; who names a score means objects from there on.
        (tracker.high, tracker.low, tracker.birth) = (units(0.425), units(0.1), units(0.44))
        if let score = sensor.detector?.score ?? (head.suppression == .fuse ? head.score : nil) {
            // Where boxes fuse, those of low scores would only make objects larger.
            let low = head.suppression == .fuse ? score : min(score, 0.1)
            (tracker.high, tracker.low, tracker.birth) = (units(score), units(low), units(score))
        }
        tracker.lost = UInt32(tracks.lost.milliseconds)
        tracker.tracks = UInt32(tracks.limit)
        add(OC_SECTION_TRACKER, [tracker])
        var corners: [oc_corner] = []
        let areas = sensor.zones.map { zone -> oc_area in
            var area = oc_area()
            area.name = intern(zone.name)
            area.first_corner = UInt32(corners.count)
            corners += zone.corners
            area.corners = UInt32(zone.corners.count)
            return area
        }
        if !areas.isEmpty {
            add(OC_SECTION_AREAS, areas)
            add(OC_SECTION_CORNERS, corners)
        }
        let rules = sensor.watch.map { rule in
            var record = (rule.filter ?? SensorFile.ObjectFilter()).record(area: rule.zone.map { UInt32($0 + 1) } ?? 0)
            record.sub_label = UInt16(rule.subLabel.map { $0 + 1 } ?? 0)
            return record
        }
        if !rules.isEmpty { add(OC_SECTION_OBJECT_RULES, rules) }
        for (index, crossing) in sensor.crossings.enumerated() {
            guard let label = crossing.label, label >= head.classes else { continue }
            throw CompileError(
                sensor.refusal(
                    "crossings[\(index)].label",
                    "the detector has \(head.classes) classes; give an index from 0 to \(head.classes - 1), found \(label)"
                ))
        }
        let crossings = sensor.crossings.map { $0.record(name: intern($0.name)) }
        if !crossings.isEmpty { add(OC_SECTION_CROSSINGS, crossings) }
        if let cascade = sensor.cascade { try emit(cascade, sensor, head) }
    }

    /// The second model's bundle, packed for this one's kernels.
    private mutating func emit(
        _ cascade: SensorFile.Cascade, _ sensor: SensorFile, _ head: DetectorHead
    ) throws(CompileError) {
        if let item = cascade.objects.firstIndex(where: { $0 >= head.classes }) {
            throw CompileError(
                sensor.refusal(
                    "then.label" + (cascade.objects.count > 1 ? "[\(item)]" : ""),
                    "the detector has \(head.classes) classes; give an index from 0 to \(head.classes - 1), found "
                        + "\(cascade.objects[item])"))
        }
        add(OC_SECTION_CASCADE, [cascade.record])
        if !cascade.objects.isEmpty { add(OC_SECTION_CASCADE_LABELS, cascade.objects.map { UInt32($0) }.sorted()) }
        do throws(BundleError) {
            let second = try Bundle(copying: cascade.bundle)
            // Bundles of unknown kernels have been refused.
            guard let source = KernelSet(rawValue: second.view.model.pointee.kernel_set) else { return }
            try StepVerifier(second.view, set: source).verifyAll()
            guard source != set else { return add(OC_SECTION_CASCADE_BUNDLE, cascade.bundle) }
            add(OC_SECTION_CASCADE_BUNDLE, try second.repacked(from: source, for: set))
        } catch {
            throw CompileError(sensor.refusal("then.bundle", "\(cascade.path): \(error.message)"))
        }
    }

    /// What only detectors know.
    func refuseObjects(_ sensor: SensorFile) throws(CompileError) {
        let reason = "the model is no detector of a known kind, so it has no objects; remove it"
        if sensor.detector != nil { throw CompileError(sensor.refusal("detector", reason)) }
        if sensor.tracks != nil { throw CompileError(sensor.refusal("tracks", reason)) }
        if sensor.cascade != nil { throw CompileError(sensor.refusal("then", reason)) }
        if !sensor.crossings.isEmpty { throw CompileError(sensor.refusal("crossings", reason)) }
        if let index = sensor.zones.firstIndex(where: { !$0.points.isEmpty }) {
            throw CompileError(
                sensor.refusal(
                    "zones[\(index)].points",
                    "the model is no detector of a known kind: its zones are pictures of their own; give a rectangle"))
        }
        if let index = sensor.lines.firstIndex(where: { $0.leastCount != nil }) {
            throw CompileError(sensor.refusal("lines[\(index)].at_least", "only objects are counted: " + reason))
        }
        if let index = sensor.watch.firstIndex(where: { $0.filter != nil }) {
            throw CompileError(
                sensor.refusal("watch[\(index)]", "sizes, aspects and anchors are of objects: " + reason))
        }
    }
}
