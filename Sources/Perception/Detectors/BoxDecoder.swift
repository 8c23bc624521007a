import Bundle
import CBundle
import CKernels

/// Corners in pixels of the model's input, in 1/256, within 8192 pixels around it.
struct InputBox: BitwiseCopyable, Equatable {
    var left: Int32
    var top: Int32
    var right: Int32
    var bottom: Int32

    static var limit: Int64 { 1 << 21 }
}

/// Reads a bundle's tensors of raw numbers as its detector's records say. Fixed point throughout: corners lie within half a pixel
/// of those in double precision.
struct BoxDecoder {
    private let detector: UnsafePointer<oc_detector>
    let levels: UnsafeBufferPointer<oc_level>
    private let priors: UnsafeBufferPointer<oc_prior>
    private let curves: UnsafePointer<oc_curve>
    private let tensors: UnsafeBufferPointer<oc_tensor>

    /// Nil where the bundle has no detector.
    /// - Parameter view: outlives this value.
    init?(_ view: BundleView) {
        guard let detector = view.detector, let curves = view.curves.baseAddress else { return nil }
        self.detector = detector
        self.curves = curves
        levels = view.levels
        priors = view.priors
        tensors = view.tensors
    }

    /// Finds boxes whose score is `least` or more.
    /// - Parameters:
    ///   - least: in 1/65536, above 0.
    ///   - bytes: of a tensor.
    func find(
        least: UInt32, into candidates: inout Candidates, _ bytes: (oc_tensor) -> UnsafeRawBufferPointer
    ) {
        var first = 0
        for index in levels.indices {
            let level = levels.baseAddress! + index
            find(level, UInt8(truncatingIfNeeded: index), first, least, &candidates, bytes)
            first += places(level) * Int(level.pointee.anchors)
        }
    }

    private func places(_ level: UnsafePointer<oc_level>) -> Int {
        Int(level.pointee.rows) * Int(level.pointee.columns)
    }

    private func find(
        _ record: UnsafePointer<oc_level>, _ number: UInt8, _ first: Int, _ least: UInt32,
        _ candidates: inout Candidates, _ bytes: (oc_tensor) -> UnsafeRawBufferPointer
    ) {
        let level = record.pointee
        let scores = reader(level.scores, bytes)
        let objects = level.objectness.tensor == OC_NO_FIELD ? nil : reader(level.objectness, bytes)
        // No score is above its objectness, and none is below 0: an element is compared in its place.
        guard let leastScore = scores.element(reaching: least) else { return }
        var leastObject: UInt8 = 0
        if let objects {
            guard let element = objects.element(reaching: least) else { return }
            leastObject = element
        }
        let anchors = Int(level.anchors)
        let columns = Int(level.columns)
        let classes = Int(detector.pointee.classes)
        let firstClass = Int(detector.pointee.first_class)
        // Rows without any such element are passed over at once.
        let isDense = objects == nil && scores.step == 1 && scores.place == anchors * classes && firstClass == 0
        for row in 0..<Int(level.rows) {
            if isDense, scores.greatest(from: row * columns * scores.place, columns * scores.place) < leastScore {
                continue
            }
            for place in row * columns..<(row + 1) * columns {
                for anchor in 0..<anchors {
                    var factor: UInt32 = 65536
                    if let objects {
                        let element = objects.element(place, anchor, 0)
                        guard element >= leastObject else { continue }
                        factor = UInt32(truncatingIfNeeded: objects.value(element))
                    }
                    let best = scores.best(place, anchor, firstClass..<classes)
                    guard best.element >= leastScore else { continue }
                    let value = UInt64(scores.value(best.element).magnitude) * UInt64(factor)
                    let score = UInt32(truncatingIfNeeded: (value + 32768) >> 16)
                    guard score >= least else { continue }
                    candidates.add(
                        Candidate(
                            score: score, box: UInt32(truncatingIfNeeded: first + place * anchors + anchor),
                            level: number, label: UInt16(truncatingIfNeeded: best.label)))
                }
            }
        }
    }

    /// Where a candidate is.
    /// - Parameter first: number of its level's first box.
    func box(
        _ candidate: Candidate, first: Int, _ bytes: (oc_tensor) -> UnsafeRawBufferPointer
    ) -> InputBox {
        let place = Place(candidate, first: first, in: levels[Int(candidate.level)], priors)
        if detector.pointee.coder == OC_CODER_CELLS.rawValue {
            return inputBox(middle: place.x, place.y, Int64(place.prior.width), Int64(place.prior.height))
        }
        let positions = reader(place.level.positions, bytes)
        if detector.pointee.coder == OC_CODER_DISTANCES.rawValue {
            let bins = Int(detector.pointee.bins)
            func distance(_ side: Int, _ unit: Int32) -> Int64 {
                let value =
                    bins > 1
                    ? positions.mean(place.number, place.anchor, side * bins..<(side + 1) * bins)
                    : Int64(positions.value(positions.element(place.number, place.anchor, side)))
                return product(value, unit)
            }
            return inputBox(
                place.x - distance(0, place.prior.unit_x), place.y - distance(1, place.prior.unit_y),
                place.x + distance(2, place.prior.unit_x), place.y + distance(3, place.prior.unit_y))
        }
        let sizes = reader(place.level.sizes, bytes)
        let (x, y) = detector.pointee.vertical_first == 1 ? (1, 0) : (0, 1)
        func value(_ reader: FieldReader, _ index: Int) -> Int64 {
            Int64(reader.value(reader.element(place.number, place.anchor, index)))
        }
        let middleX = place.x + product(value(positions, x), place.prior.unit_x)
        let middleY = place.y + product(value(positions, y), place.prior.unit_y)
        let width = product(value(sizes, x), place.prior.width)
        let height = product(value(sizes, y), place.prior.height)
        return inputBox(middle: middleX, middleY, width, height)
    }

    /// Where a key point of a candidate is, in pixels of the input, in 1/65536.
    func point(
        _ index: Int, of candidate: Candidate, first: Int, _ bytes: (oc_tensor) -> UnsafeRawBufferPointer
    ) -> (x: Int64, y: Int64) {
        let place = Place(candidate, first: first, in: levels[Int(candidate.level)], priors)
        let points = reader(place.level.points, bytes)
        func value(_ index: Int) -> Int64 {
            Int64(points.value(points.element(place.number, place.anchor, index)))
        }
        let first = (2 + Int(detector.pointee.point_gap)) * index
        return (
            place.x + product(value(first), place.prior.unit_x),
            place.y + product(value(first + 1), place.prior.unit_y)
        )
    }

    /// Number of a level's first box.
    func firstBox(ofLevel number: UInt8) -> Int {
        var first = 0
        for index in 0..<Int(number) { first += places(levels.baseAddress! + index) * Int(levels[index].anchors) }
        return first
    }

    /// Of numbers in 1/65536, below 2^31 each.
    private func product(_ value: Int64, _ unit: Int32) -> Int64 { (value * Int64(unit) + 32768) >> 16 }

    private func inputBox(middle x: Int64, _ y: Int64, _ width: Int64, _ height: Int64) -> InputBox {
        inputBox(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    }

    private func inputBox(_ left: Int64, _ top: Int64, _ right: Int64, _ bottom: Int64) -> InputBox {
        func corner(_ value: Int64) -> Int32 {
            Int32(truncatingIfNeeded: min(max((value + 128) >> 8, -InputBox.limit), InputBox.limit))
        }
        let (left, top) = (corner(left), corner(top))
        // One whose extents or distances are below 0 is empty, not inside out.
        return InputBox(left: left, top: top, right: max(corner(right), left), bottom: max(corner(bottom), top))
    }

    private func reader(_ field: oc_field, _ bytes: (oc_tensor) -> UnsafeRawBufferPointer) -> FieldReader {
        // The verifier has held every element of the field against the tensor.
        FieldReader(field, bytes(tensors[Int(field.tensor)]), UnsafeRawPointer(curves + Int(field.curve)))
    }
}

/// A candidate's place in its level, and the prior there.
private struct Place {
    let level: oc_level
    let number: Int
    let anchor: Int
    let prior: oc_prior
    /// The prior's middle, in 1/65536.
    let x: Int64
    let y: Int64

    init(_ candidate: Candidate, first: Int, in level: oc_level, _ priors: UnsafeBufferPointer<oc_prior>) {
        let box = Int(candidate.box) - first
        let anchors = Int(level.anchors)
        let columns = Int(level.columns)
        self.level = level
        number = box / anchors
        anchor = box % anchors
        prior = priors[Int(level.first_prior) + (level.stride_x > 0 ? anchor : box)]
        x = Int64(prior.x) + Int64(number % columns) * Int64(level.stride_x)
        y = Int64(prior.y) + Int64(number / columns) * Int64(level.stride_y)
    }
}
