import Bundle
import CBundle
import Graph
import Kernels

/// What `ocellus build` says about a bundle; `--json` prints these fields.
public struct BuildReport: Codable, Sendable {
    public var model: String
    public var origin: String
    public var board: String
    public var kernels: String
    public var threads: Int
    /// The CPUs that they are pinned to.
    public var cpus: [Int]
    /// Those that the plan was made for.
    public var caches: Caches
    /// Operators of the trained model, and steps of the plan.
    public var operators: Int
    public var steps: Int
    /// Multiply-accumulates of one inference.
    public var macs: Int
    public var weightBytes: Int
    public var arenaBytes: Int
    /// The most bytes that any plan needs at one step, scratch included: no arena is smaller.
    public var arenaFloorBytes: Int
    /// Input and output of the largest step together.
    public var largestStepBytes: Int
    public var largestStep: String
    public var bundleBytes: Int
    /// What was folded, fused or placed, and how often.
    public var fused: [String: Int]
    /// The kind of detector, where it is one.
    public var detector: String?
    /// The second model that looks at its objects.
    public var cascade: Cascade?

    public struct Cascade: Sendable, Codable {
        public let model: String
        public let labels: Int
        /// Objects in a frame, at most.
        public let most: Int
        /// Multiply-accumulates for each.
        public let macs: Int
        /// Of its activations, which lie where the detector's lay.
        public let arenaBytes: Int
    }
    /// How many there are.
    public var labels = 0
    /// Where they come from, such as "list imagenet"; nil: there are none, or the sensor file lists them.
    public var labelOrigin: String?
    /// What the engineer should know, a sentence each.
    public var notes: [String] = []

    init(
        graph: Graph, draft: Draft, storage: Storage, set: KernelSet, threads: Int, cpus: [Int], caches: Caches,
        board: String, origin: String, weightBytes: Int, bundleBytes: Int
    ) {
        model = graph.name
        self.origin = origin
        self.board = board
        kernels = "\(set.name)"
        self.threads = threads
        self.cpus = cpus
        self.caches = caches
        operators = graph.nodes.count
        steps = draft.steps.count
        macs = graph.macs
        self.weightBytes = weightBytes
        arenaBytes = storage.arenaBytes
        arenaFloorBytes = storage.floor
        let sizes = draft.steps.map { step in
            step.isStrip
                ? (step.inputSlices + [step.outputSlice]).reduce(0) { $0 + ($1?.bytes ?? 0) }
                : Set(step.inputs + [step.output]).reduce(0) {
                    $0 + (draft.graph[$1].constant == nil ? draft.graph[$1].byteCount : 0)
                }
        }
        largestStepBytes = sizes.max() ?? 0
        largestStep = sizes.firstIndex(of: largestStepBytes).map { draft.steps[$0].name } ?? ""
        self.bundleBytes = bundleBytes
        fused = draft.notes
    }
}

extension BuildReport.Cascade {
    /// Nil where the bundle has none.
    init?(_ bundle: [UInt8]) {
        let whole: Bundle
        do throws(BundleError) { whole = try Bundle(copying: bundle) } catch { return nil }
        guard let record = whole.view.cascade?.pointee, let second = whole.view.second else { return nil }
        let model = second.model.pointee
        self.init(
            model: second.string(model.origin), labels: second.labels.count, most: Int(record.most),
            macs: Int(clamping: model.macs), arenaBytes: Int(clamping: model.arena_bytes))
    }
}
