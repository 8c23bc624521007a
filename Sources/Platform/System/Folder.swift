import CLinux

/// The names in a folder.
public enum Folder {
    /// All but "." and "..", in the order of their bytes.
    public static func names(in path: Path) throws(Errno) -> [[UInt8]] {
        var names: [[UInt8]] = []
        try forEachName(in: path) { names.append(Array($0)) }
        return names.inOrder { $0.lexicographicallyPrecedes($1) }
    }

    /// All but "." and "..", one after another as the folder has them.
    public static func forEachName(in path: Path, _ body: (UnsafeBufferPointer<UInt8>) -> Void) throws(Errno) {
        var folder: UnsafeMutableRawPointer?
        _ = try checked(path.withCString { oc_folder_open($0, &folder) })
        guard let folder else { return }
        defer { oc_folder_close(folder) }
        let name = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 256)
        defer { name.deallocate() }
        while true {
            let length = Int(
                try checked(
                    name.withMemoryRebound(to: CChar.self) { oc_folder_next(folder, $0.baseAddress, $0.count) }))
            if length == 0 { break }
            body(UnsafeBufferPointer(rebasing: name[..<length]))
        }
    }
}
