import Vision

/// Keeps less of a frame, in the frame's own format, at a small part of what a good picture costs: all of it where that fits,
/// or else rows of it, or else pixels of these rows.
struct FrameSampler {
    let source: FrameShape
    /// Of what is kept, packed.
    let shape: FrameShape
    // Pixels that share their chroma, or a square of a colour filter, stay together.
    private let across: Int
    private let down: Int

    /// - Parameters:
    ///   - columns, rows: of the picture, as the frame lies.
    ///   - room: bytes. There is room for such a picture with three bytes a pixel.
    /// - Returns: nil: it does not fit.
    init?(_ source: FrameShape, columns: Int, rows: Int, room: Int) {
        switch source.format {
        case .yuv420, .nv12, .nv21, .bayer: (across, down) = (2, 2)
        case .yuyv, .uyvy: (across, down) = (2, 1)
        case .grey, .rgb24, .bgr24: (across, down) = (1, 1)
        }
        self.source = source
        if source.bytes <= room {
            shape = source
            return
        }
        let height = min((rows + down - 1) / down * down, source.height)
        let width = min((columns + across - 1) / across * across, source.width)
        guard let wide = FrameShape(source.format, width: source.width, height: height, range: source.range),
            let narrow = FrameShape(source.format, width: width, height: height, range: source.range)
        else { return nil }
        shape = wide.bytes <= room ? wide : narrow
        if shape.bytes > room { return nil }
    }

    /// - Parameters:
    ///   - frame: of `source`.
    ///   - memory: `shape.bytes` bytes.
    func take(_ frame: FrameView, into memory: UnsafeMutableRawBufferPointer) {
        precondition(frame.shape == source && memory.count >= shape.bytes, "a frame of another shape")
        guard var to = memory.baseAddress else { return }
        let start = to
        var isBayer = false
        if case .bayer = shape.format { isBayer = true }
        for plane in 0..<shape.planes {
            let from = frame.plane(plane)
            guard let base = from.bytes.baseAddress else { return }
            let rowBytes = shape.rowBytes(ofPlane: plane)
            // Rows of this plane that stay together.
            let together = shape.rows(ofPlane: plane) == shape.height ? down : 1
            for row in 0..<shape.rows(ofPlane: plane) {
                // Its planes are every other row.
                if isBayer { to = start + (2 * row + plane) * rowBytes }
                let line = base + sourceRow(row, together, plane) * from.stride
                if shape.width == source.width {
                    to.copyMemory(from: line, byteCount: rowBytes)
                } else {
                    pick(line, plane, into: to)
                }
                to += rowBytes
            }
        }
    }

    /// The middle one of those that a row stands for.
    private func sourceRow(_ row: Int, _ together: Int, _ plane: Int) -> Int {
        let (all, kept) = ((source.height + down - 1) / down, (shape.height + down - 1) / down)
        let unit = (2 * (row / together) + 1) * all / (2 * kept)
        return min(unit * together + row % together, source.rows(ofPlane: plane) - 1)
    }

    private func pick(_ line: UnsafeRawPointer, _ plane: Int, into to: UnsafeMutableRawPointer) {
        switch (shape.format, plane) {
        case (.yuyv, _), (.uyvy, _): pick(line, into: to, UInt32.self)
        case (.rgb24, _), (.bgr24, _): pickThree(line, into: to)
        case (.grey, _), (.yuv420, 1...): pick(line, into: to, UInt8.self)
        case (.yuv420, _), (.nv12, _), (.nv21, _), (.bayer, _): pick(line, into: to, UInt16.self)
        }
    }

    /// In 1/65536 of what stays together, the step from one to the next. The last of an odd row is not whole and not taken.
    private var step: Int { (source.width / across) << 16 / kept }
    private var kept: Int { (shape.width + across - 1) / across }

    @inline(__always)
    @_optimize(speed)
    private func pick<Unit: FixedWidthInteger>(
        _ line: UnsafeRawPointer, into to: UnsafeMutableRawPointer, _: Unit.Type
    ) {
        let (step, kept, size) = (step, kept, MemoryLayout<Unit>.size)
        var position = step / 2
        for index in 0..<kept {
            let unit = line.loadUnaligned(fromByteOffset: position >> 16 &* size, as: Unit.self)
            to.storeBytes(of: unit, toByteOffset: index &* size, as: Unit.self)
            position &+= step
        }
    }

    @_optimize(speed)
    private func pickThree(_ line: UnsafeRawPointer, into to: UnsafeMutableRawPointer) {
        let (step, kept) = (step, kept)
        var position = step / 2
        for index in 0..<kept {
            let pixel = line + position >> 16 &* 3
            to.storeBytes(of: pixel.loadUnaligned(as: UInt16.self), toByteOffset: index &* 3, as: UInt16.self)
            to.storeBytes(
                of: pixel.load(fromByteOffset: 2, as: UInt8.self), toByteOffset: index &* 3 &+ 2, as: UInt8.self)
            position &+= step
        }
    }
}
