import Boards
import Bundle
import CBundle
import Graph
import Kernels

/// Turns a validated graph into a bundle for one board.
public struct Compiler {
    public struct Options: Sendable {
        public var board: BoardProfile
        /// Overrides the profile's choice.
        public var kernelSet: KernelSet?
        /// Overrides the profile's worker threads, 1 to 16.
        public var threads: Int?
        /// The sensor file, where the bundle is for one.
        public var sensor: SensorFile?
        /// Labels where there is no sensor file, in the order of the scores.
        public var labels: NamedLabels?
        /// Those that the trained model brings along, taken where there are no others and they fit.
        public var modelLabels: NamedLabels?
        /// What a pixel means where there is no sensor file.
        public var pixels = SensorFile.PixelScale.raw
        /// The part of a picture that the model sees where there is no sensor file.
        public var crop = SensorFile.Crop.all
        /// How a picture of another shape than the model's fits, and the bars beside it, where there is no sensor file.
        public var fit = SensorFile.Fit.stretch
        public var fill: UInt8 = 0
        public var colour: SensorFile.Colour?
        /// What makes boxes of the outputs, where the model is a detector: of 8-bit outputs, or such that are dequantized.
        public var head: DetectorHead?
        /// What the trained model says of its pixels. Told where it is not what becomes of them, never followed.
        public var advisedPixels: SensorFile.PixelScale?
        /// Whether a smaller arena may cost time.
        public var minimizesArena = false
        /// Whether passes name what they changed, which takes time.
        public var tracesPasses = false
        /// The caches to plan for instead of the profile's.
        public var caches: Caches?

        public init(board: BoardProfile) { self.board = board }
    }

    /// A finished bundle, and what to say about it.
    public struct Result: Sendable {
        public let bundle: [UInt8]
        public var report: BuildReport
        /// What each rewrite of graph and steps did, in order.
        public let passes: [PassRun]
    }

    /// What the compiler is doing, for a progress line.
    public enum Stage: String, Sendable {
        case simplifying = "simplifying the graph"
        case lowering = "packing weights"
        case planning = "planning the arena"
        case writing = "writing the bundle"
        case verifying = "verifying the bundle"
    }

    private let options: Options

    public init(_ options: Options) { self.options = options }

    /// - Parameters:
    ///   - graph: validated, of level `.quantized`.
    ///   - origin: the trained model's file name, which the bundle records.
    ///   - originBytes: the file's bytes, whose checksum the bundle records.
    public func compile(
        _ graph: Graph, origin: String, originBytes: [UInt8], progress: (Stage) -> Void = { _ in }
    ) throws(CompileError) -> Result {
        try compile(graph, origin: origin, originBytes: originBytes, progress: progress) { draft, target in
            draft.fuseStrips(target, budget: options.minimizesArena ? .minimalArena : .noCost)
        }
    }

    /// - Parameter fuseStrips: chooses what runs in strips.
    func compile(
        _ graph: Graph, origin: String, originBytes: [UInt8], progress: (Stage) -> Void = { _ in },
        fuseStrips: (inout Draft, StripFusion.Target) -> Void
    ) throws(CompileError) -> Result {
        guard graph.level == .quantized else {
            throw CompileError("\(origin): the model computes in float32; quantize it first")
        }
        let set = try chooseKernelSet()
        let threads = options.threads ?? options.board.threads
        let caches = if let caches = options.caches { caches } else { try Caches(options.board) }
        guard let record = oc_caches(caches) else {
            throw CompileError(
                "\(options.board.name): caches of \(caches.l1), \(caches.l2) and \(caches.l3) bytes; L1 and L2 have 1 byte "
                    + "to 4 GiB, L3 has less than 4 GiB")
        }
        progress(.simplifying)
        let held = if let sensor = options.sensor { try graph.holding(sensor) } else { graph }
        let traces = options.tracesPasses
        var (simple, passes) = try Simplification.simplify(held, traces: traces)
        progress(.lowering)
        var draft = try Lowering.lower(simple, set: set)
        for index in draft.steps.indices { draft.steps[index].record.flip = set.flip }
        passes.append(
            PassRun(
                "lowering", level: "steps", needs: "what the passes before ensure",
                ensures: "every operation is steps that a kernel runs, or a view of another tensor",
                applied: draft.steps.count, counts: (simple.nodes.count, draft.steps.count), before: [], after: []))
        for pass in passes where pass.level == "int8" && pass.applied > 0 {
            draft.notes[pass.name, default: 0] += pass.applied
        }
        for pass in StepPass.all {
            passes.append(
                try draft.rewrite(pass.name, needs: pass.needs, ensures: pass.ensures, traces: traces) {
                    pass.body(&$0, set)
                })
        }
        guard !draft.steps.isEmpty else {
            throw CompileError("\(origin): the model has no operation that computes anything; there is nothing to run")
        }
        let ports = Ports(draft)
        progress(.planning)
        let kept =
            try options.head.map { (head) throws(CompileError) in try ports.detectorTensors(head) }
            ?? [ports.scoreTensor(of: options.sensor?.output.index ?? 0)].compactMap(\.self)
        // What several steps make together may be whole from the first of them on: only where that takes less room.
        let early = draft.withEarlyCopies()
        func arena(_ draft: Draft) -> Int { Storage(draft, keeping: kept, threads: threads).arenaBytes }
        passes.append(
            try draft.rewrite(
                "copies as early as can be", needs: "copies are fused",
                ensures: "copies stand right behind what writes their input, where the arena is smaller so",
                traces: traces
            ) { if arena(early) < arena($0) { $0 = early } })
        passes.append(
            try draft.rewrite(
                "operators in strips", needs: "the order of steps no longer changes",
                ensures:
                    "what runs in strips takes no more arena than before, and by the estimate no more time than is allowed",
                traces: traces
            ) { fuseStrips(&$0, StripFusion.Target(set: set, threads: threads, caches: caches, kept: kept)) })
        let storage = Storage(draft, keeping: kept, threads: threads)
        var check = ArenaCheck(draft, offsets: storage.arenaOffsets, arenaBytes: storage.arenaBytes)
        try check.run(scratch: storage.scratchOffsets, threads: threads, keeping: kept)
        if storage.inPlace > 0 { draft.notes["operation in place"] = storage.inPlace }
        progress(.writing)
        // More threads than the profile knows CPUs for are Linux's to place.
        let cpus = options.board.pin.count >= threads ? options.board.pin : []
        var emission = Emission(draft, storage, set: set, threads: threads, cpus: cpus, caches: record)
        try emission.emit(origin: origin, originBytes: originBytes, board: options.board.name, macs: graph.macs)
        try emission.emitSensor(
            options.sensor,
            bare: SensorFile.Input(
                pixels: options.pixels, colour: options.colour, crop: options.crop, fit: options.fit, fill: options.fill
            ),
            labels: options.labels?.labels ?? [], head: options.head,
            modelLabels: options.modelLabels?.labels ?? [],
            ports: ports)
        let bytes = emission.finish()
        progress(.verifying)
        try Self.verify(bytes, set)
        var report = BuildReport(
            graph: graph, draft: draft, storage: storage, set: set, threads: threads, cpus: cpus, caches: caches,
            board: options.board.name, origin: origin, weightBytes: emission.weightBytes, bundleBytes: bytes.count)
        tell(&report, emission, ports)
        report.cascade = BuildReport.Cascade(bytes)
        return Result(bundle: bytes, report: report, passes: passes)
    }

    /// What became of labels, and of the model's word on its pixels.
    private func tell(_ report: inout BuildReport, _ emission: Emission, _ ports: Ports) {
        report.detector = options.head?.name
        let named = options.labels ?? options.modelLabels
        report.labels = emission.labelCount
        if emission.labelCount > 0 {
            report.labelOrigin = if let sensor = options.sensor { sensor.labelOrigin } else { named?.origin }
        } else if options.sensor == nil, let named {
            report.notes.append(
                "\(named.origin ?? "the model") has \(named.labels.count) labels, but the model's first output is no list of "
                    + "probabilities; a sensor file can say more")
        }
        if let advice = options.advisedPixels,
            let note = emission.note(on: advice, against: options.sensor?.input.pixels ?? options.pixels, ports)
        {
            report.notes.append(note)
        }
    }

    private func chooseKernelSet() throws(CompileError) -> KernelSet {
        if let set = options.kernelSet { return set }
        guard options.board.kernels != .best else { return .best }
        guard let set = KernelSet(name: options.board.kernels.rawValue.utf8) else {
            throw CompileError(
                "board \(options.board.name) is best served by the kernel set \(options.board.kernels.rawValue),"
                    + " which this version does not have yet; build with --kernels scalar, which runs on every CPU")
        }
        return set
    }

    /// What a board does before it runs a bundle, done here too: a bundle that it would refuse is never written.
    private static func verify(_ bytes: [UInt8], _ set: KernelSet) throws(CompileError) {
        do throws(BundleError) {
            let bundle = try Bundle(copying: bytes)
            try StepVerifier(bundle.view, set: set).verifyAll()
        } catch {
            throw CompileError(
                "the compiler made a bundle that does not verify (\(error.message)); please report this model")
        }
    }
}

/// The tensors through which pictures come in and scores go out.
struct Ports {
    /// The 8-bit tensor that a picture fills, and the steps before it that are then skipped; nil where input 0 is no picture.
    private(set) var pictureTensor: TensorID?
    private(set) var skippedSteps = 0
    /// Names of the inputs that no picture fills.
    let unfilled: [String]
    /// The 8-bit tensor behind each output, in the model's order; nil for outputs of other types.
    private(set) var outputTensors: [TensorID?]
    private let outputs: [TensorID]

    /// What a head reads, each once.
    func detectorTensors(_ head: DetectorHead) throws(CompileError) -> [TensorID] {
        var found: [TensorID] = []
        for id in head.tensors {
            guard let tensor = detectorTensor(id) else {
                throw CompileError("what the detector's boxes are made of is not 8-bit")
            }
            found.append(tensor)
        }
        return found
    }

    /// The 8-bit tensor behind an output of the graph.
    func detectorTensor(_ id: TensorID) -> TensorID? {
        outputs.firstIndex(of: id).flatMap { outputTensors[$0] }
    }

    /// The one that scores are read from when they come from that output.
    func scoreTensor(of output: Int) -> TensorID? {
        outputTensors.indices.contains(output) ? outputTensors[output] : nil
    }

    init(_ draft: Draft) {
        let graph = draft.graph
        outputs = graph.outputs
        unfilled = graph.inputs.dropFirst().map { graph[$0].name }
        func isByte(_ id: TensorID) -> Bool { graph[id].type == .int8 || graph[id].type == .uint8 }
        outputTensors = graph.outputs.map { output in
            if isByte(output) { return output }
            // A float32 output is dequantized by the step that writes it.
            let step = draft.steps.last { $0.output == output && $0.kernel == OC_KERNEL_DEQUANTIZE }
            return step?.inputs[0]
        }
        guard let input = graph.inputs.first else { return }
        if isByte(input) {
            pictureTensor = input
        } else if let step = draft.steps.first, step.kernel == OC_KERNEL_QUANTIZE, step.inputs[0] == input,
            !draft.steps.dropFirst().contains(where: { $0.inputs.contains { draft.root(of: $0).base == input } })
        {
            pictureTensor = step.output
            skippedSteps = 1
        }
    }
}
