import Graph

/// What layers may be, by their shapes, and how pictures are usually made for such a head.
struct HeadCandidate {
    var head: DetectorHead
    var picture = HeadRecognition.Picture(mean: [0], std: [255], fill: 114)
}
