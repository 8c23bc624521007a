import CBundle

/// The checks of what says how cameras and lines are run.
extension BundleView {
    func verifySource() throws(BundleError) {
        for index in controls.indices {
            let at = position(of: controls, index)
            try verify(controls[index].name, at: at)
            try verify(controls[index].value, at: at + 8)
        }
        guard let source else { return }
        let at = position(of: UnsafeRawPointer(source))
        let s = source.pointee
        try verify(unused: s.reserved, at: at + 36)
        try verify(s.command, at: at)
        try verify(s.format, at: at + 8)
        guard (s.width == 0) == (s.height == 0), s.width <= 65535, s.height <= 65535, s.fps <= 1_000_000, s.stall >= 100
        else { throw BundleError("the source's numbers are out of range; build the bundle again", at: at + 16) }
        guard s.command.length == 0 || text(s.command).last == 0 else {
            throw BundleError("the source's command does not end; build the bundle again", at: at)
        }
    }

    func verifyRecord() throws(BundleError) {
        guard let record else { return }
        let at = position(of: UnsafeRawPointer(record))
        let r = record.pointee
        try verify(unused: r.reserved, at: at + 32)
        try verify(r.folder, at: at)
        let frames = 0...UInt32(OC_RECORD_MAX_FRAMES)
        guard 1...UInt64(Int64.max) ~= r.budget, frames ~= r.before, frames ~= r.after,
            UInt32(OC_RECORD_LEAST_SIDE)...UInt32(OC_RECORD_MAX_SIDE) ~= r.side, 1...100 ~= r.quality
        else {
            throw BundleError("the numbers of what is recorded are out of range; build the bundle again", at: at + 8)
        }
    }

    func verify(_ line: oc_line, at byte: Int) throws(BundleError) {
        try verify(unused: line.reserved0, at: byte + 39)
        try verify(unused: line.reserved, at: byte + 56)
        try verify(line.name, at: byte)
        try verify(line.line, at: byte + 8)
        try verify(line.chip, at: byte + 16)
        try verify(line.object, at: byte + 24)
        let use = UInt32(line.use)
        guard use < OC_LINE_USE_LIMIT.rawValue, line.active_low <= 1, line.bias <= 3 else {
            throw BundleError("a line's use, level or bias is unknown; build the bundle again", at: byte + 36)
        }
        guard line.line.length > 0 || line.chip.length > 0 else {
            throw BundleError("a line has neither a name nor a chip; build the bundle again", at: byte + 8)
        }
        let isBurst = use == OC_LINE_TRIGGER_BURST.rawValue
        guard isBurst ? (1...1_000_000).contains(line.frames) : line.frames == 0 else {
            throw BundleError("a line's frames are out of range; build the bundle again", at: byte + 44)
        }
        guard line.time > 0 || use < OC_LINE_PULSE_ENTER.rawValue else {
            throw BundleError("a line's pulse has no length; build the bundle again", at: byte + 48)
        }
    }
}
