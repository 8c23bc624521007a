import Boards
import CBundle
import Compiler
import Graph
import Kernels
import TestSupport

/// A bundle that runs with the detector and the cascade of the sample's grafted onto it.
/// - Parameters:
///   - first: a bundle of a picture without labels.
///   - second: one of labels and their scores.
func graftCascade(onto first: [UInt8], _ second: [UInt8]) -> [UInt8] {
    var file = BundleFile(first)
    let sample = BundleFile(SampleBundle.make())
    for kind in [OC_SECTION_DETECTOR, OC_SECTION_LEVELS, OC_SECTION_PRIORS, OC_SECTION_CURVES, OC_SECTION_CASCADE] {
        file[kind] = sample[kind]
    }
    for kind in [OC_SECTION_SCORES, OC_SECTION_LABELS] { file[kind] = nil }
    file.edit(OC_SECTION_DETECTOR, as: oc_detector.self) { $0.name = oc_text() }
    file.edit(OC_SECTION_LEVELS, as: oc_level.self) { level in
        level.positions.tensor = 0
        level.sizes.tensor = 0
        level.scores.tensor = 0
        level.objectness.tensor = 0
        level.points.tensor = 0
    }
    file.put(OC_SECTION_CASCADE_BUNDLE, second)
    return file.bytes()
}

/// The means of a small picture's channels: with an arena of few bytes.
func compileMeans(_ set: KernelSet, threads: Int = 1) throws -> [UInt8] {
    let whole = Quantization(scale: 1 / 255, zeroPoint: -128)
    let graph = Graph(
        name: "means",
        tensors: [
            Tensor(name: "picture", shape: [1, 8, 8, 3], type: .int8, quantization: whole),
            Tensor(name: "mean", shape: [1, 3], type: .int8, quantization: whole),
        ],
        nodes: [Node(.mean(axes: [1, 2], keepDims: false), inputs: [0], outputs: [1], origin: "operator 0 (MEAN)")],
        inputs: [0], outputs: [1])
    return try compile(graph, set, threads: threads).bundle
}
