import CLinux

/// A program that was started to read what it writes. It ends with its owner, and with the daemon.
public struct ChildProcess: ~Copyable {
    /// What it writes.
    public let output: Int32
    private let process: Int32

    /// - Parameter arguments: the program, found by PATH, and its arguments.
    public init(_ arguments: [Path]) throws(Errno) {
        var pointers: [UnsafePointer<CChar>?] = []
        defer { for pointer in pointers { UnsafeMutablePointer(mutating: pointer)?.deallocate() } }
        for argument in arguments {
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: argument.bytes.count + 1)
            argument.withCString { copy.update(from: $0, count: argument.bytes.count + 1) }
            pointers.append(UnsafePointer(copy))
        }
        pointers.append(nil)
        var output: Int32 = -1
        let result = pointers.withUnsafeBufferPointer { oc_spawn($0.baseAddress, &output) }
        process = try checked(result)
        self.output = output
    }

    /// Ends it, within a second whether it likes to or not.
    /// - Returns: its exit code, or 128 and more for a signal.
    public consuming func end() -> Int {
        _ = oc_close(output)
        return Int(oc_spawn_end(process))
    }
}
