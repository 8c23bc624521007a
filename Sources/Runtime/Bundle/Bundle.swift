import CBundle
import CLinux
import System

/// A bundle and the memory it lies in.
public struct Bundle: ~Copyable, @unchecked Sendable {
    public let view: BundleView
    private let storage: Storage

    private enum Storage: ~Copyable {
        case file(MappedFile)
        case memory(UnsafeMutableRawBufferPointer)
        case others
    }

    /// Why a file could not be used.
    public enum OpenError: Error {
        case system(Errno)
        case bundle(BundleError)

        /// Without the path, which the caller has.
        public var message: String {
            switch self {
            case .system(let error): error.description
            case .bundle(let error): error.message
            }
        }
    }

    /// Maps and verifies the file at `path`; its pages are shared and clean, nothing is copied.
    public init(path: UnsafePointer<CChar>) throws(OpenError) {
        let file: MappedFile
        do throws(Errno) { file = try MappedFile(path: path) } catch { throw .system(error) }
        do throws(BundleError) { view = try BundleView(verifying: file.bytes) } catch { throw .bundle(error) }
        storage = .file(file)
    }

    public init(path: Path) throws(OpenError) {
        let file: FileDescriptor
        do throws(Errno) { file = try FileDescriptor(reading: path, waits: false) } catch { throw .system(error) }
        try self.init(file)
    }

    /// Maps and verifies an open file.
    public init(_ descriptor: borrowing FileDescriptor) throws(OpenError) {
        let file: MappedFile
        do throws(Errno) { file = try MappedFile(descriptor) } catch { throw .system(error) }
        do throws(BundleError) { view = try BundleView(verifying: file.bytes) } catch { throw .bundle(error) }
        storage = .file(file)
    }

    /// Verifies a copy of `bytes`, for programs that have just made them. Where there is no memory for it, the error is
    /// at the end of the bytes.
    public init(copying bytes: [UInt8]) throws(BundleError) { try self.init(copying: bytes.span.bytes) }

    /// The same for bytes anywhere.
    public init(copying bytes: RawSpan) throws(BundleError) {
        guard let start = oc_allocate(bytes.byteCount) else {
            throw BundleError(
                "there is no memory for the bytes before this one; end other programs or build a smaller model",
                at: bytes.byteCount)
        }
        let memory = UnsafeMutableRawBufferPointer(start: start, count: bytes.byteCount)
        bytes.withUnsafeBytes { memory.copyMemory(from: $0) }
        do throws(BundleError) {
            view = try BundleView(verifying: UnsafeRawBufferPointer(memory))
        } catch {
            oc_release(start)
            throw error
        }
        storage = .memory(memory)
    }

    /// Verifies bytes where they are.
    /// - Parameter bytes: at a multiple of 64; must outlive the bundle and not change.
    public init(borrowing bytes: UnsafeRawBufferPointer) throws(BundleError) {
        view = try BundleView(verifying: bytes)
        storage = .others
    }

    /// The file's bytes.
    public var bytes: [UInt8] { [UInt8](view.bytes) }

    deinit {
        switch storage {
        case .file: break
        case .others: break
        case .memory(let memory): oc_release(memory.baseAddress)
        }
    }
}
