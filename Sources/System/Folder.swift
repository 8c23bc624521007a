import CLinux

/// The names in a folder.
public enum Folder {
    /// All but "." and "..", in the order of their bytes.
    public static func names(in path: Path) throws(Errno) -> [[UInt8]] {
        var folder: UnsafeMutableRawPointer?
        _ = try checked(path.withCString { oc_folder_open($0, &folder) })
        guard let folder else { return [] }
        defer { oc_folder_close(folder) }
        var names: [[UInt8]] = []
        let name = UnsafeMutableBufferPointer<CChar>.allocate(capacity: 256)
        defer { name.deallocate() }
        while true {
            let length = Int(try checked(oc_folder_next(folder, name.baseAddress, name.count)))
            if length == 0 { break }
            names.append(name[..<length].map { UInt8(bitPattern: $0) })
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }
}
