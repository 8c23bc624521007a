import CBundle
import System

/// A bundle and the memory it lies in.
public struct Bundle: ~Copyable, @unchecked Sendable {
    public let view: BundleView
    private let storage: Storage

    private enum Storage: ~Copyable {
        case file(MappedFile)
        case memory(UnsafeMutableRawBufferPointer)
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
        let file: MappedFile
        do throws(Errno) { file = try MappedFile(path: path) } catch { throw .system(error) }
        do throws(BundleError) { view = try BundleView(verifying: file.bytes) } catch { throw .bundle(error) }
        storage = .file(file)
    }

    /// Verifies a copy of `bytes`, for programs that have just made them.
    public init(copying bytes: [UInt8]) throws(BundleError) {
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(bytes.count, 1), alignment: Int(OC_ALIGNMENT))
        memory.copyBytes(from: bytes)
        do throws(BundleError) {
            view = try BundleView(verifying: UnsafeRawBufferPointer(start: memory.baseAddress, count: bytes.count))
        } catch {
            memory.deallocate()
            throw error
        }
        storage = .memory(memory)
    }

    deinit {
        switch storage {
        case .file: break
        case .memory(let memory): memory.deallocate()
        }
    }
}
