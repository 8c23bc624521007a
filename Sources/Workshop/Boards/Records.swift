import CBundle

// The settings as a bundle's records hold them: times in milliseconds, scores in 1/65536.

extension SensorFile.WatchRule {
    /// - Parameters:
    ///   - name: the rule's name in the bundle's strings.
    ///   - watchLabels: the bundle's section of further labels, to which this rule's are appended.
    public func record(name: oc_text, watchLabels: inout [UInt32]) -> oc_watch {
        var record = oc_watch()
        record.name = name
        let labels = labels.map { UInt32($0) }.sorted()
        record.label = labels.first ?? 0
        if labels.count > 1 {
            record.further_first = UInt32(watchLabels.count)
            record.further_count = UInt32(labels.count - 1)
            watchLabels += labels.dropFirst()
        }
        record.on = Self.score(on)
        record.off = Self.score(off)
        // A weight that rounds to nothing would never let a frame count.
        record.smoothing = max(1, Self.score(smoothing))
        record.enter_after = UInt32(enterAfter.milliseconds)
        record.leave_after = UInt32(leaveAfter.milliseconds)
        record.cooldown = UInt32(cooldown.milliseconds)
        record.update_every = updateEvery.map { max(1, UInt32($0.milliseconds)) } ?? 0
        record.zone = zone.map { UInt32($0 + 1) } ?? 0
        return record
    }

    private static func score(_ value: Double) -> UInt32 { UInt32((value * 65536).rounded()) }
}

extension SensorFile {
    /// - Parameters: texts in the bundle's strings; empty where the file says nothing.
    public func record(name: oc_text, source: oc_text, topic: oc_text, link: oc_text) -> oc_sensor {
        var record = oc_sensor()
        record.name = name
        record.source = source
        record.topic = topic
        record.link = link
        record.heartbeat = heartbeat.map { max(1, UInt32($0.milliseconds)) } ?? 0
        record.max_fps = maxFPS.map { UInt32(($0 * 1000).rounded()) } ?? 0
        record.privacy = (isMetadataOnly ? OC_PRIVACY_METADATA : OC_PRIVACY_NONE).rawValue
        return record
    }
}

extension SensorFile {
    /// - Parameters: texts in the bundle's strings; empty where the file says nothing.
    public func sourceRecord(command: oc_text, format: oc_text) -> oc_source_settings {
        var record = oc_source_settings()
        record.command = command
        record.format = format
        record.width = UInt32(camera.size?.width ?? 0)
        record.height = UInt32(camera.size?.height ?? 0)
        record.fps = camera.fps.map { UInt32(($0 * 1000).rounded()) } ?? 0
        record.stall = UInt32(camera.stall.milliseconds)
        record.blind = UInt32(camera.blind.milliseconds)
        return record
    }
}

extension SensorFile.Corner {
    public var record: oc_corner {
        oc_corner(x: UInt16((x * 65535).rounded()), y: UInt16((y * 65535).rounded()))
    }
}

extension SensorFile.Anchor {
    fileprivate var record: UInt8 {
        UInt8((self == .feet ? OC_ANCHOR_FEET : OC_ANCHOR_MIDDLE).rawValue)
    }
}

extension SensorFile.ObjectFilter {
    /// - Parameter area: 0: anywhere.
    public func record(area: UInt32) -> oc_object_rule {
        func part(_ value: Double) -> UInt16 { UInt16((value * 65535).rounded()) }
        var record = oc_object_rule()
        record.area = area
        (record.least_width, record.least_height) = (part(leastWidth), part(leastHeight))
        (record.most_width, record.most_height) = (part(mostWidth), part(mostHeight))
        record.least_aspect = UInt32((leastAspect * 65536).rounded())
        record.most_aspect = mostAspect.map { max(1, UInt32(($0 * 65536).rounded())) } ?? 0
        record.anchor = anchor.record
        return record
    }
}

extension SensorFile.Crossing {
    public func record(name: oc_text) -> oc_crossing {
        var record = oc_crossing()
        record.name = name
        (record.from, record.to) = (from.record, to.record)
        record.label = label.map { UInt32($0) } ?? OC_ANY_LABEL
        record.anchor = anchor.record
        return record
    }
}

extension SensorFile.Zone {
    /// Of the polygon, or the rectangle.
    public var corners: [oc_corner] {
        guard points.isEmpty else { return points.map(\.record) }
        let part = part.part
        let (right, bottom) = (part.x + part.width, part.y + part.height)
        return [
            oc_corner(x: part.x, y: part.y), oc_corner(x: right, y: part.y), oc_corner(x: right, y: bottom),
            oc_corner(x: part.x, y: bottom),
        ]
    }

    public func record(name: oc_text) -> oc_zone {
        var record = oc_zone()
        record.name = name
        record.part = part.part
        return record
    }
}

extension SensorFile.Input {
    /// `orientation` of an `oc_preprocess`.
    public var orientation: UInt8 { UInt8(turns) | (isMirrored ? UInt8(OC_MIRRORED) : 0) }
}

extension SensorFile.Motion {
    public var record: oc_motion {
        var record = oc_motion()
        record.level = UInt32(level)
        record.area = max(1, UInt32((area * 65536).rounded()))
        record.hold = UInt32(hold.milliseconds)
        record.every = every.map { max(1, UInt32($0.milliseconds)) } ?? 0
        return record
    }
}

extension SensorFile.Input {
    /// How frames become a picture of the given size. What its table makes of a pixel, and where it goes, is not said yet.
    public func record(height: Int, width: Int, channels: Int) -> oc_preprocess {
        var record = oc_preprocess()
        record.width = UInt32(width)
        record.height = UInt32(height)
        record.channels = UInt32(channels)
        record.fit = UInt8(fit.record.rawValue)
        record.bgr = colour == .bgr ? 1 : 0
        record.fill = fill
        record.orientation = orientation
        record.crop = crop.record
        return record
    }
}

extension SensorFile.Fit {
    public var record: oc_fit {
        switch self {
        case .stretch: OC_FIT_STRETCH
        case .cover: OC_FIT_COVER
        case .contain: OC_FIT_CONTAIN
        }
    }
}

extension SensorFile.Crop {
    public var part: oc_region {
        let (x, y, width, height) = record
        return oc_region(x: x, y: y, width: width, height: height)
    }

    /// x, y, width and height in 1/65535 of the frame, never reaching beyond it.
    public var record: (UInt16, UInt16, UInt16, UInt16) {
        func units(_ value: Double) -> Int { Int((min(max(value, 0), 1) * 65535).rounded()) }
        let left = units(x)
        let top = units(y)
        // Edges are rounded, not extents, so that neighbouring crops meet.
        let right = max(units(x + width), left + 1)
        let bottom = max(units(y + height), top + 1)
        let clampedLeft = min(left, 65534)
        let clampedTop = min(top, 65534)
        return (
            UInt16(clampedLeft), UInt16(clampedTop),
            UInt16(min(right, 65535) - clampedLeft), UInt16(min(bottom, 65535) - clampedTop)
        )
    }
}

extension SensorFile.PixelScale {
    /// The real number that a pixel value means in one channel, or nil where the value is the element itself.
    public func real(_ value: UInt8, channel: Int) -> Double? {
        switch self {
        case .raw:
            return nil
        case .normalized(let mean, let std):
            let index = mean.count > 1 ? channel : 0
            return (Double(value) - mean[index]) / std[index]
        }
    }
}
