import Bundle
import Kernels
import System

/// Why an engine could not be made for a bundle.
public enum EngineError: Error {
    /// A step breaks its kernel's contract.
    case bundle(BundleError)
    /// The bundle is packed for a kernel set that this program does not carry.
    case unknownKernels(id: UInt32)
    /// The CPU lacks the instructions of the bundle's kernel set.
    case missingInstructions(KernelSet)
    /// Threads could not be started.
    case system(Errno)

    /// One line without the path, which the caller has.
    public var message: String {
        switch self {
        case .bundle(let error):
            return error.message
        case .unknownKernels(let id):
            return
                "the bundle is packed for kernel set number \(id), which this program does not have; build it for another board"
        case .missingInstructions(let set):
            let needed = set.name.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
            let best = KernelSet.best.name.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
            return
                "the bundle is packed for the kernel set \(needed), but this CPU has only \(best) and below; "
                + "build it again with --kernels \(best)"
        case .system(let error):
            return "cannot start worker threads: \(error.description)"
        }
    }
}
