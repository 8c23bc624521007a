import Bundle
import CBundle
import CKernels
import CLinux
import Kernels
import System

/// Runs a bundle's plan. Everything is allocated in `init`; `run` allocates nothing.
///
/// Weights are read from the bundle's map in place. The arena holds all activations at the offsets that the compiler
/// chose; a tensor's bytes are valid from the step that writes it to the last one that reads it, inputs only until they
/// are read: write them before each run. Outputs stay until the next run.
public struct Engine: ~Copyable {
    public let bundle: Bundle
    public let kernelSet: KernelSet
    /// The set that the bundle was built for, where it was packed again for `kernelSet`.
    public let repackedFrom: KernelSet?
    /// Workers, the calling thread among them.
    public let threads: Int
    private let arena: UnsafeMutableRawBufferPointer
    private let ownsArena: Bool
    private let functions: UnsafeMutableBufferPointer<oc_kernel_fn>
    let workers: WorkerPool?

    /// - Parameters:
    ///   - threads: 1 to the bundle's thread count; nil takes the bundle's.
    ///   - repack: whether the bundle may be packed again, which takes memory for a copy of it.
    ///   - room: bytes of memory that the arena may take at most; nil: as many as can be had.
    public init(
        _ bundle: consuming Bundle, threads: Int? = nil, repack: Repack = .never, room: Int64? = nil
    ) throws(EngineError) {
        let source = bundle.view.model.pointee.kernel_set
        let bundle = try bundle.packed(repack)
        let view = bundle.view
        let model = view.model.pointee
        guard let set = KernelSet(rawValue: model.kernel_set) else { throw .unknownKernels(id: model.kernel_set) }
        do throws(BundleError) { try StepVerifier(view, set: set).verifyAll() } catch { throw .bundle(error) }

        let count = max(1, min(threads ?? Int(model.threads), Int(model.threads)))
        var largest = model.arena_bytes
        // A cascade's second model takes its turn in the same arena.
        if let second = view.second {
            let inner: Bundle
            do throws(BundleError) { inner = try Bundle(borrowing: second.bytes) } catch { throw .bundle(error) }
            largest = max(largest, try inner.packed(repack).view.model.pointee.arena_bytes)
        }
        // Vector kernels may read a few bytes past a tensor, so past the last one too.
        let arenaBytes = largest + UInt64(OC_ALIGNMENT)
        guard arenaBytes <= room.map({ UInt64(max($0, 0)) }) ?? .max, let size = Int(exactly: arenaBytes),
            let memory = oc_allocate(size)
        else { throw .noMemory(bytes: arenaBytes) }
        var workers: WorkerPool?
        if count > 1 {
            do throws(Errno) { workers = try WorkerPool(threads: count) } catch {
                oc_release(memory)
                throw .system(error)
            }
        }
        self.workers = workers
        self.threads = count
        kernelSet = set
        repackedFrom = source == set.rawValue ? nil : KernelSet(rawValue: source)
        arena = UnsafeMutableRawBufferPointer(start: memory, count: size)
        ownsArena = true
        // Touch every page now: the first frame must not pay for page faults.
        arena.initializeMemory(as: UInt8.self, repeating: 0)
        functions = Self.functions(view, set)
        self.bundle = bundle
    }

    /// One for the second model of another's cascade, in the other's arena and with its threads: what it computes lies where the
    /// other's outputs lay. The other one's bundle and arena must outlive it, and their runs not overlap.
    /// - Throws: `.noMemory` where the arena is too small, as it is not for the cascade of the other one's own bundle.
    public init(secondOf other: borrowing Engine, repack: Repack = .never) throws(EngineError) {
        guard let bytes = other.bundle.view.second?.bytes else { throw .noMemory(bytes: 0) }
        let inner: Bundle
        do throws(BundleError) { inner = try Bundle(borrowing: bytes) } catch { throw .bundle(error) }
        let source = inner.view.model.pointee.kernel_set
        let bundle = try inner.packed(repack)
        let view = bundle.view
        let model = view.model.pointee
        guard let set = KernelSet(rawValue: model.kernel_set) else { throw .unknownKernels(id: model.kernel_set) }
        do throws(BundleError) { try StepVerifier(view, set: set).verifyAll() } catch { throw .bundle(error) }
        let bytesNeeded = model.arena_bytes + UInt64(OC_ALIGNMENT)
        guard bytesNeeded <= UInt64(other.arena.count) else { throw .noMemory(bytes: bytesNeeded) }
        // Its scratch is for as many threads as it was built for.
        let shares = Int(model.threads) >= other.threads
        workers = shares ? other.workers : nil
        threads = shares ? other.threads : 1
        kernelSet = set
        repackedFrom = source == set.rawValue ? nil : KernelSet(rawValue: source)
        arena = other.arena
        ownsArena = false
        functions = Self.functions(view, set)
        self.bundle = bundle
    }

    private static func functions(_ view: BundleView, _ set: KernelSet) -> UnsafeMutableBufferPointer<oc_kernel_fn> {
        let functions = UnsafeMutableBufferPointer<oc_kernel_fn>.allocate(capacity: view.steps.count)
        for index in view.steps.indices {
            // The verifier has seen to it that every step's kernel exists.
            functions.initializeElement(at: index, to: set.kernel(view.steps[index].kernel)!)
        }
        return functions
    }

    deinit {
        if ownsArena { oc_release(arena.baseAddress) }
        functions.deallocate()
    }

    /// The memory of all activations, with a margin after them that vector kernels may read.
    public var arenaBytes: Int { arena.count }
    public var inputCount: Int { bundle.view.inputs.count }
    public var outputCount: Int { bundle.view.outputs.count }
    public var stepCount: Int { bundle.view.steps.count }

    /// The record of an input or output tensor.
    public func inputTensor(_ index: Int) -> oc_tensor { bundle.view.tensors[Int(bundle.view.inputs[index])] }
    public func outputTensor(_ index: Int) -> oc_tensor { bundle.view.tensors[Int(bundle.view.outputs[index])] }

    /// Where an input goes, as bytes of the arena: int8 tensors XOR the model's flip.
    public func input(_ index: Int) -> UnsafeMutableRawBufferPointer { bytes(of: inputTensor(index)) }

    /// Where an output lies after `run`, as bytes of the arena: int8 tensors XOR the model's flip.
    public func output(_ index: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(bytes(of: outputTensor(index)))
    }

    /// The tensor that pictures are converted into, before `runPicture`; nil where the bundle has no preprocessing.
    public var pictureTensor: UnsafeMutableRawBufferPointer? {
        guard let preprocess = bundle.view.preprocess else { return nil }
        return bytes(of: bundle.view.tensors[Int(preprocess.pointee.tensor)])
    }

    /// The tensor that holds the labels' scores after a run; nil where the bundle has none.
    public var scoreTensor: UnsafeRawBufferPointer? {
        guard let scores = bundle.view.scores else { return nil }
        return UnsafeRawBufferPointer(bytes(of: bundle.view.tensors[Int(scores.pointee.tensor)]))
    }

    /// The bytes of any tensor of the arena.
    public func bytes(of tensor: oc_tensor) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: arena[Int(tensor.offset)..<Int(tensor.offset) + Int(tensor.bytes)])
    }

    /// One inference on what the inputs hold.
    public func run() {
        for index in 0..<functions.count { runStep(index) }
    }

    /// One inference on what `pictureTensor` holds.
    public func runPicture() {
        let skipped = bundle.view.preprocess.map { Int($0.pointee.skip_steps) } ?? 0
        for index in skipped..<functions.count { runStep(index) }
    }

    /// One inference; adds each step's nanoseconds to `profile`, which has an element a step.
    public func run(profile: UnsafeMutableBufferPointer<Int64>) {
        var before = Clock.monotonic
        for index in 0..<functions.count {
            runStep(index)
            let after = Clock.monotonic
            profile[index] += after - before
            before = after
        }
    }

    /// One step, for profilers and for comparing step by step. Steps are run in order.
    public func runStep(_ index: Int) {
        let step = bundle.view.steps.baseAddress! + index
        var memory = oc_memory(
            arena: arena.baseAddress!.assumingMemoryBound(to: UInt8.self),
            weights: bundle.view.weights.baseAddress?.assumingMemoryBound(to: UInt8.self))
        if let workers {
            workers.run(functions[index], step, &memory)
        } else {
            functions[index](step, &memory, 0, 1)
        }
    }
}
