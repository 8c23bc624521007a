import Bundle
import Kernels

/// When a bundle is packed again at start, for another kernel set than it was built for.
public enum Repack: Sendable {
    /// Never: a CPU that lacks the bundle's set is refused.
    case never
    /// For the fastest set of this CPU, where it lacks the bundle's.
    case whereNeeded
    /// For this set, unless the bundle has it already.
    case to(KernelSet)

    /// The set that an engine for a bundle of `source` runs on.
    func target(from source: KernelSet) -> KernelSet {
        switch self {
        case .never: source
        case .whereNeeded: source.isAvailable ? source : .best
        case .to(let set): set
        }
    }
}

extension Bundle {
    /// This bundle where its kernel set serves, or else a copy in memory, packed for the one that `repack` asks for.
    ///
    /// The steps are verified for the set that the bundle names before any of their constants is unpacked: every
    /// program knows every set's packing, also of sets whose instructions it has not.
    public consuming func packed(_ repack: Repack) throws(EngineError) -> Bundle {
        let id = view.model.pointee.kernel_set
        guard let source = KernelSet(rawValue: id) else { throw .unknownKernels(id: id) }
        let target = repack.target(from: source)
        guard target.isAvailable else {
            throw target == source ? .missingInstructions(source) : .unavailable(target)
        }
        guard target != source else { return self }
        do throws(BundleError) {
            try StepVerifier(view, set: source).verifyAll()
            return try Bundle(copying: repacked(from: source, for: target))
        } catch {
            throw .bundle(error)
        }
    }
}
