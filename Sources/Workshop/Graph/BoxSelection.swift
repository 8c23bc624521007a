/// What a model's file does with a detector's boxes behind the outputs of its graph: the importer leaves it out, as boards choose among
/// boxes themselves.
public struct BoxSelection: Sendable, Equatable {
    /// Nodes that are left out.
    public var nodes: Int
    /// The operators among them that choose, each once: "NonMaxSuppression", "TopK".
    public var operators: [String]
    /// Least score of a box, and the overlap (intersection over union) above which two boxes show one object; nil: the file says none, or
    /// computes it.
    public var score: Double?
    public var overlap: Double?
    /// Boxes that are left at most.
    public var detections: Int?
    /// Whether boxes that show one object are compared at all.
    public var suppresses: Bool

    public init(
        nodes: Int, operators: [String], score: Double? = nil, overlap: Double? = nil, detections: Int? = nil,
        suppresses: Bool
    ) {
        (self.nodes, self.operators, self.score) = (nodes, operators, score)
        (self.overlap, self.detections, self.suppresses) = (overlap, detections, suppresses)
    }
}

extension DetectorHead {
    /// A threshold below this one leaves the choice to whoever reads the boxes.
    public static let leastScore = 0.01
    /// Boxes that a board tells at most.
    public static let mostDetections = 512

    /// Takes what a file does with boxes.
    public mutating func take(_ selection: BoxSelection) {
        if let score = selection.score, (Self.leastScore...1).contains(score) { self.score = score }
        if let overlap = selection.overlap, (0...1).contains(overlap) { self.overlap = overlap }
        if let detections = selection.detections, detections > 0 {
            self.detections = min(detections, Self.mostDetections)
        }
        if !selection.suppresses { suppression = .none }
    }
}
