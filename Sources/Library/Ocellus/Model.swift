import Bundle
import CBundle
import Engine
import Kernels
import System
import Vision

/// A trained model, ready to run: a bundle of `ocellus build`, the memory of its activations, and threads.
///
///     var model = try Model(path: "person.ocellus")
///     try model.write(input.span.bytes)
///     try model.run()
///     let output = try model.output()
///
/// `init` allocates everything. After that only these do: functions that give an array or a string, calls that throw, and the
/// first picture of another size or format than the one before.
///
/// One thread at a time uses a model, whichever. Different models are independent.
public struct Model: ~Copyable, @unchecked Sendable {
    let engine: Engine
    let scores: Scores?
    var picture: PictureInput?
    var preparation: Preparation

    /// Opens the bundle at `path`. Its file is mapped and used in place: put a new one over it by renaming, never shorten it.
    /// - Parameters:
    ///   - threads: 1 to what the bundle was built for; more make no difference; nil: those.
    ///   - repacks: whether a bundle for another kind of CPU is packed again, in memory, which takes time; otherwise it is
    ///     refused with both names.
    /// - Throws: the file cannot be read or is no sound bundle of this version, this CPU lacks its kernels, or memory or
    ///   threads are short.
    public init(path: String, threads: Int? = nil, repacks: Bool = false) throws(ModelError) {
        try self.init(Path(path.utf8), threads: threads, repacks: repacks)
    }

    /// The same for a path that may be no UTF-8.
    package init(_ path: Path, threads: Int?, repacks: Bool) throws(ModelError) {
        let bundle: Bundle
        do throws(Bundle.OpenError) { bundle = try Bundle(path: path) } catch {
            throw ModelError("\(path.description): \(error.message)")
        }
        try self.init(bundle, "\(path.description): ", threads, repacks)
    }

    /// Opens a copy of a bundle in memory; other parameters and errors are those of `init(path:)`.
    public init(copying bytes: RawSpan, threads: Int? = nil, repacks: Bool = false) throws(ModelError) {
        let bundle: Bundle
        do throws(BundleError) { bundle = try Bundle(copying: bytes) } catch { throw ModelError(error.message) }
        try self.init(bundle, "", threads, repacks)
    }

    /// Opens a bundle where it lies in memory; other parameters and errors are those of `init(path:)`.
    /// - Parameter bytes: at a multiple of 64; must outlive the model and not change.
    public init(
        borrowing bytes: UnsafeRawBufferPointer, threads: Int? = nil, repacks: Bool = false
    ) throws(ModelError) {
        guard UInt(bitPattern: bytes.baseAddress) % UInt(OC_ALIGNMENT) == 0 else {
            throw ModelError("the bundle's bytes do not lie at a multiple of \(Int(OC_ALIGNMENT)); let them be copied")
        }
        let bundle: Bundle
        do throws(BundleError) { bundle = try Bundle(borrowing: bytes) } catch { throw ModelError(error.message) }
        try self.init(bundle, "", threads, repacks)
    }

    private init(
        _ bundle: consuming Bundle, _ about: String, _ threads: Int?, _ repacks: Bool
    ) throws(ModelError) {
        let engine: Engine
        do throws(EngineError) {
            engine = try Engine(
                bundle, threads: threads, repack: repacks ? .whereNeeded : .never, room: Memory.available)
        } catch {
            var message = about + error.message
            if case .missingInstructions = error { message += ", or open it with repacking" }
            throw ModelError(message)
        }
        let view = engine.bundle.view
        scores = view.scores.map { Scores($0) }
        picture = view.preprocess.map { PictureInput($0.pointee, masks: Array(view.masks)) }
        preparation = Preparation(inputs: view.inputs.count)
        self.engine = engine
    }
}

// MARK: What it is

extension Model {
    public var name: String { engine.bundle.view.string(engine.bundle.view.model.pointee.name) }

    /// The kernel set that runs: "scalar", "avx2", "neon", …
    public var kernels: String { kernelsText.withUTF8Buffer { String(decoding: $0, as: UTF8.self) } }

    /// Threads that share each run, the calling one among them.
    public var threads: Int { engine.threads }

    /// Memory of all activations, in bytes.
    public var arenaBytes: Int { engine.arenaBytes }

    public var inputCount: Int { engine.inputCount }

    public var outputCount: Int { engine.outputCount }

    /// What an input holds; the index is in 0..<inputCount.
    public func inputTensor(_ index: Int) -> Tensor { Tensor(engine.inputTensor(index)) }

    /// What an output holds; the index is in 0..<outputCount.
    public func outputTensor(_ index: Int) -> Tensor { Tensor(engine.outputTensor(index)) }

    /// The trained model's name of an input.
    public func name(ofInput index: Int) -> String { engine.bundle.view.string(engine.inputTensor(index).name) }

    /// The trained model's name of an output.
    public func name(ofOutput index: Int) -> String { engine.bundle.view.string(engine.outputTensor(index).name) }

    /// Whether the bundle says how pictures become the model's input.
    public var takesPictures: Bool { engine.pictureTensor != nil }
}

/// The same texts as bytes, which live as long as the model: to read them allocates nothing.
extension Model {
    package var kernelsText: StaticString { engine.kernelSet.name }

    package var nameText: UnsafeBufferPointer<UInt8> {
        engine.bundle.view.text(engine.bundle.view.model.pointee.name)
    }

    package func nameText(ofInput index: Int) -> UnsafeBufferPointer<UInt8> {
        engine.bundle.view.text(engine.inputTensor(index).name)
    }

    package func nameText(ofOutput index: Int) -> UnsafeBufferPointer<UInt8> {
        engine.bundle.view.text(engine.outputTensor(index).name)
    }

    /// Nil: out of range, or the bundle does not name it.
    package func labelText(_ label: Int) -> UnsafeBufferPointer<UInt8>? {
        let view = engine.bundle.view
        return view.labels.indices.contains(label) ? view.text(view.labels[label]) : nil
    }
}
