import Graph

/// The operator with which TensorFlow's detectors end (SSD, EfficientDet-Lite): boxes of encodings, scores and anchors. It is left out;
/// the graph ends at what it reads, and has a head that says what it does with that.
struct DetectionOperator {
    static let name = "TFLite_Detection_PostProcess"

    private let op: TFLiteOperator
    private let options: FlexMap

    init(_ op: TFLiteOperator) throws(ImportError) {
        self.op = op
        guard let bytes = try op.table.vector(5, elementBytes: 1, "the custom options")?.bytes(),
            let options = FlexMap(bytes)
        else { throw op.damaged("its options are no map in FlexBuffers' encoding") }
        self.options = options
    }

    /// Box encodings and scores.
    var results: [Int] { get throws(ImportError) { [try op.operand(0), try op.operand(1)] } }
    var anchors: Int { get throws(ImportError) { try op.operand(2) } }

    /// - Parameters:
    ///   - boxes, scores: of the graph, `[1, N, 4 or more]` and `[1, N, classes]` or one more with the background first.
    ///   - anchors: `[N, 4]`, y, x, height and width in parts of the picture.
    ///   - width, height: of the picture.
    func head(
        _ boxes: (id: TensorID, shape: [Int]), _ scores: (id: TensorID, shape: [Int]), anchors: [Float], width: Int,
        height: Int
    ) throws(ImportError) -> DetectorHead {
        guard boxes.shape.count == 3, scores.shape.count == 3, boxes.shape[0] == 1, scores.shape[0] == 1,
            boxes.shape[1] == scores.shape[1], boxes.shape[2] >= 4, anchors.count == 4 * boxes.shape[1]
        else {
            throw op.refuse(
                "boxes of shape \(boxes.shape), scores of \(scores.shape) and \(anchors.count / 4) anchors are not "
                    + "those of one picture")
        }
        let classes = Int(try number("num_classes", in: 1...4096))
        let background = scores.shape[2] - classes
        guard (0...1).contains(background) else {
            throw op.damaged("has \(scores.shape[2]) scores a box for \(classes) classes")
        }
        let limits = 1e-3...1e6
        let (scaleX, scaleY) = (try number("x_scale", in: limits), try number("y_scale", in: limits))
        let (scaleW, scaleH) = (try number("w_scale", in: limits), try number("h_scale", in: limits))
        guard scaleW == scaleH else { throw op.refuse("w_scale \(scaleW) and h_scale \(scaleH) are not the same") }
        var priors: [DetectorHead.Prior] = []
        for box in 0..<boxes.shape[1] {
            let values = (0..<4).map { Double(anchors[4 * box + $0]) }
            guard values.allSatisfy({ abs($0) <= 16 }) else {
                throw op.refuse("anchor \(box) is \(values), which are no parts of a picture")
            }
            let (across, down) = (Double(width), Double(height))
            priors.append(
                DetectorHead.Prior(
                    x: values[1] * across, y: values[0] * down, unitX: values[3] * across / scaleX,
                    unitY: values[2] * down / scaleY, width: values[3] * across, height: values[2] * down))
        }
        let levels = DetectorHead.Level.levels(
            of: priors, boxes: DetectorHead.Field(boxes.id, placeStep: boxes.shape[2]),
            scores: DetectorHead.Field(scores.id, first: background, placeStep: scores.shape[2]))
        let least = try number("nms_score_threshold", in: -1e9...1)
        var head = DetectorHead(
            name: "SSD",
            coder: .centre(
                position: .linear(factor: 1, offset: 0), size: .exponential(factor: 1, rate: 1 / scaleH),
                isVerticalFirst: true),
            levels: levels, classes: classes, scoreCurve: .linear(factor: 1, offset: 0),
            overlap: try number("nms_iou_threshold", in: 0...1))
        if least >= DetectorHead.leastScore { head.score = least }
        head.detections = Int(min(try number("max_detections", in: 1...1e6), Double(DetectorHead.mostDetections)))
        // Its fast way compares the best classes of all boxes, whatever they are.
        head.suppression = options.number("use_regular_nms") ?? 0 != 0 ? .perClass : .anyClass
        return head
    }

    private func number(_ name: String, in range: ClosedRange<Double>) throws(ImportError) -> Double {
        guard let value = options.number(name) else { throw op.damaged("its options have no number \(name)") }
        guard range.contains(value) else { throw op.damaged("its option \(name) is \(value)") }
        return value
    }
}
