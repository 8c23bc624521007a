import JSON

/// Cuts what a socket gives into lines. Allocates nothing once it is made.
struct LineSplitter: ~Copyable {
    private let buffer: UnsafeMutableRawBufferPointer
    private var used = 0
    private var isSkipping = false
    /// Lines that were too long and so left out.
    private(set) var tooLong: Int64 = 0

    init() { buffer = .allocate(byteCount: Line.capacity * 4, alignment: 1) }

    deinit { buffer.deallocate() }

    /// Where the next bytes go; never empty after `take` has given all lines.
    var room: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: buffer[used...]) }

    mutating func added(_ count: Int) { used += count }

    mutating func clear() { (used, isSkipping) = (0, false) }

    /// Gives each whole line without its line feed, and keeps what is behind the last.
    mutating func take(_ body: (UnsafeRawBufferPointer) -> Void) {
        var start = 0
        for index in 0..<used where buffer[index] == UInt8(ascii: "\n") {
            let line = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[start..<index])
            start = index + 1
            if isSkipping || line.count >= Line.capacity {
                isSkipping = false
                tooLong += 1
            } else if !line.isEmpty {
                body(line)
            }
        }
        if used - start >= Line.capacity {
            // It goes on until the next line feed, wherever that is.
            isSkipping = true
            start = used
        }
        if start > 0, start < used {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<used]))
        }
        used -= start
    }
}
