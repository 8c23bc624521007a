import Graph
import Reference

/// Makes the int8 form of a real graph, by the TensorFlow Lite 8-bit quantization specification: activations with one scale
/// each, weights with one a channel.
///
/// Ranges come from calibration: of each scale a few that lose little, and of those the one that loses least at the outputs.
/// Then layer by layer weights are rounded, and biases corrected, for the inputs that the int8 layers before them give. What the
/// file quantizes stays as it is there: scales, weights and biases.
public struct Quantizer {
    /// What it is doing, for a progress line.
    public enum Stage: Sendable {
        case equalizing(sample: Int, of: Int)
        case calibrating(sample: Int, of: Int)
        case choosing(scale: Int, of: Int)
        case fitting(layer: Int, of: Int)
    }

    public struct Result {
        public var graph: Graph
        /// Of the real graph, in order.
        public var passes: [PassRun]
        /// By layer, in execution order.
        public var losses: [LayerLoss]
        /// How many samples layers were fitted to.
        public var fitted: Int
        /// The file gives the scale of every activation, and nothing was calibrated.
        public var isGiven: Bool
        /// By the position of an output below what its values mean nothing.
        public var floors: [Int: Float]
        /// What the engineer should know, a sentence each.
        public var notes: [String]
    }

    /// What the step from one level to the other is called among the passes.
    private static let passName = "quantization"

    private init() {}

    /// - Parameters:
    ///   - graph: a validated one of level `.real`.
    ///   - inputRanges: the ranges of inputs where they are known without calibration, as of pictures; by position.
    ///   - unscaled: activations whose values are asked for, beside the outputs: their channels are not scaled.
    ///   - effort: how much work it may be.
    ///   - traces: whether passes name what they changed.
    /// - Throws: an error that says which operation has no int8 form.
    public static func quantize(
        _ graph: Graph, samples: Samples, inputRanges: [Int: ClosedRange<Float>] = [:], unscaled: Set<TensorID> = [],
        effort: Effort = .usual, traces: Bool = false, progress: (Stage) -> Void = { _ in }
    ) throws(QuantizationError) -> Result {
        guard samples.count > 0 else { throw QuantizationError("there is nothing to calibrate with") }
        var prepared = graph
        var passes: [PassRun] = []
        do throws(GraphError) {
            for pass in Preparation.passes {
                passes.append(try pass.run(&prepared, validates: true, traces: traces))
            }
        } catch {
            throw QuantizationError(error.problem)
        }
        try refuseRealOnly(prepared)
        var ranges: [TensorID: ClosedRange<Float>] = [:]
        for (position, range) in inputRanges { ranges[prepared.inputs[position]] = range }
        let given = ScaleAssignment(prepared, [:], inputRanges: ranges)
        let isGiven = given.covers(prepared)
        let scales =
            isGiven ? given : try calibrate(&prepared, samples, ranges, unscaled, effort, &passes, traces, progress)
        var fitting = LayerFitting(prepared, scales, learnedRows: effort.rows)
        let chosen = samples.spread(LayerFitting.fitting(prepared, samples: min(samples.count, effort.samples)))
        fitting.run(chosen) { layer in progress(.fitting(layer: layer, of: prepared.nodes.count)) }
        let quantized = QuantizedGraph(prepared, scales, fitting.constants).graph
        do throws(GraphError) { try quantized.validate() } catch {
            throw QuantizationError(error.problem)
        }
        passes.append(
            PassRun.between(
                Self.passName, needs: "every operation has an int8 form; pictures, or the file's scales",
                ensures: "every activation has a scale, but for the end of the graph that only moves elements",
                prepared,
                quantized, traces: traces))
        let scores = prepared.detectorScores.filter { prepared[$0].quantization == nil }
        return Result(
            graph: quantized, passes: passes, losses: fitting.losses, fitted: chosen.count, isGiven: isGiven,
            floors: Dictionary(
                uniqueKeysWithValues: prepared.outputs.indices.filter { scores.contains(prepared.outputs[$0]) }.map {
                    ($0, ScaleAssignment.leastLogit)
                }),
            notes: scores.map { id in
                "output '\(prepared[id].name)' is taken for the logits of a detector's anchors: those below "
                    + "\(Int(ScaleAssignment.leastLogit)) are told as \(Int(ScaleAssignment.leastLogit))"
            })
    }

    /// Scales where the file does not give them all.
    private static func calibrate(
        _ prepared: inout Graph, _ samples: Samples, _ ranges: [TensorID: ClosedRange<Float>],
        _ unscaled: Set<TensorID>, _ effort: Effort, _ passes: inout [PassRun], _ traces: Bool,
        _ progress: (Stage) -> Void
    ) throws(QuantizationError) -> ScaleAssignment {
        let judged = samples.spread(effort.samples)
        do throws(GraphError) {
            passes.append(
                try PassRun.of(
                    "channel equalized", .real, needs: "pictures; activations are fused",
                    ensures:
                        "where that helps, channels use their tensor's levels alike, but for a factor of 64 at most",
                    &prepared, validates: true, traces: traces
                ) { graph in
                    guard EqualizationTrial(graph, judged).helps(unscaled: unscaled) else { return 0 }
                    return Equalization.apply(&graph, judged, unscaled: unscaled) { sample in
                        progress(.equalizing(sample: sample, of: judged.count))
                    }
                })
        } catch {
            throw QuantizationError(error.problem)
        }
        let distributions = try Calibration.distributions(prepared, samples) { sample in
            progress(.calibrating(sample: sample, of: samples.count))
        }
        return ScaleAssignment(
            prepared, distributions, inputRanges: ranges, choice: RangeChoice(prepared, judged), effort
        ) { scale, count in progress(.choosing(scale: scale, of: count)) }
    }

    private static func refuseRealOnly(_ graph: Graph) throws(QuantizationError) {
        var counts: [String: Int] = [:]
        let tail = RealTail(graph).nodes
        for (index, node) in graph.nodes.enumerated() where node.operation.isRealOnly && !tail.contains(index) {
            counts[node.operation.name, default: 0] += 1
        }
        guard !counts.isEmpty else { return }
        let names = counts.sorted { $0.key < $1.key }.map {
            "\($0.key) (\($0.value == 1 ? "once" : "\($0.value) times"))"
        }
        throw QuantizationError("has operations without an int8 form: \(names.joined(separator: ", "))")
    }
}

/// Why a model has no int8 form.
public struct QuantizationError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
