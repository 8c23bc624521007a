import Bundle
import System

/// A bundle's file, held open: under its name may lie another one by now, and a session that gave its memory to the next
/// must be able to come back.
public final class BundleFile {
    public let path: Path
    private let file: FileDescriptor

    public init(_ path: Path) throws(Model.LoadError) {
        self.path = path
        do throws(Errno) { file = try FileDescriptor(reading: path, waits: false) } catch {
            throw Model.LoadError(message: "\(path.description): \(error.description)")
        }
    }

    /// Maps and verifies it.
    func open() throws(Model.LoadError) -> Bundle {
        do throws(Bundle.OpenError) { return try Bundle(file) } catch {
            var isShort = false
            if case .system(.noMemory) = error { isShort = true }
            throw Model.LoadError(message: "\(path.description): \(error.message)", missing: isShort ? 0 : nil)
        }
    }
}
