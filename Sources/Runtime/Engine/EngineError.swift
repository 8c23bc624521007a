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
    /// The CPU lacks the instructions of a kernel set that was asked for.
    case unavailable(KernelSet)
    /// The arena needs more memory than can be had.
    case noMemory(bytes: UInt64)
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
            return
                "the bundle is packed for the kernel set \(text(set.name)), but this CPU runs only \(available); "
                + "build it again with --kernels \(text(KernelSet.best.name))"
        case .unavailable(let set):
            return "this CPU lacks the kernel set \(text(set.name)); it runs \(available)"
        case .noMemory(let bytes):
            return "not enough memory for the arena of \(bytes) bytes; end other programs or build a smaller model"
        case .system(let error):
            return "cannot start worker threads: \(error.description)"
        }
    }

    private func text(_ name: StaticString) -> String { name.withUTF8Buffer { String(decoding: $0, as: UTF8.self) } }

    /// "scalar, avx2"
    private var available: String {
        var names = ""
        for set in KernelSet.allCases where set.isAvailable {
            if !names.utf8.isEmpty { names += ", " }
            names += text(set.name)
        }
        return names
    }
}
