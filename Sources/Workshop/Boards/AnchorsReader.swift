import Graph

/// `detector.anchors` of a sensor file: the anchors of a model that does not have them itself.
extension AnchorPlan {
    static let keys = [
        "kind", "min_scale", "max_scale", "scale", "octaves", "ratios", "sizes", "order", "factors", "background",
    ]

    private enum Kind: String, CaseIterable { case ssd, efficientdet, listed }

    init?(_ section: Section?) throws(ConfigurationError) {
        guard let section else { return nil }
        let kind = try section.required("kind", section.choice("kind", of: Kind.self), "ssd")
        let own: [String] =
            switch kind {
            case .ssd: ["min_scale", "max_scale", "ratios"]
            case .efficientdet: ["scale", "octaves", "ratios"]
            case .listed: ["sizes"]
            }
        for key in ["min_scale", "max_scale", "scale", "octaves", "ratios", "sizes"]
        where section.has(key) && !own.contains(key) {
            throw section.failure(key, "anchors of the kind \(kind.rawValue) have \(own.joined(separator: ", ")) alone")
        }
        let sizes: Sizes
        switch kind {
        case .ssd:
            let least = try section.number("min_scale", 0...1, above: true) ?? 0.2
            let most = try section.number("max_scale", 0...1, above: true) ?? 0.95
            guard least <= most else { throw section.failure("max_scale", "it is below min_scale (\(least))") }
            sizes = .ssd(least: least, most: most, ratios: try section.ratios() ?? [1, 2, 1 / 2, 3, 1 / 3])
        case .efficientdet:
            sizes = .octaves(
                scale: try section.number("scale", 0...1000, above: true) ?? 4,
                octaves: try section.integer("octaves", 1...8) ?? 3, ratios: try section.ratios() ?? [1, 2, 1 / 2])
        case .listed:
            let pairs = try section.required("sizes", section.pairs("sizes", 0...65536), "[[24, 24], [34, 17]]")
            if let empty = pairs.firstIndex(where: { $0 <= 0 || $1 <= 0 }) {
                throw section.failure("sizes", item: empty, "an anchor has a width and a height above 0")
            }
            sizes = .listed(pairs.map { Extent(width: $0, height: $1) })
        }
        // TensorFlow's SSD counts in tenths and fifths of an anchor, EfficientDet in anchors.
        let usual = kind == .ssd ? [10.0, 5] : [1, 1]
        let factors = try section.numbers("factors", counts: [2], 0...1e6, above: true) ?? usual
        self.init(
            sizes: sizes,
            isVerticalFirst: try section.choice("order", ["yxhw": true, "xywh": false]) ?? (kind != .listed),
            positionFactor: factors[0], sizeFactor: factors[1],
            hasBackground: try section.choice("background", ["true": true, "false": false]) ?? (kind == .ssd))
    }
}

extension Section {
    /// Widths by heights.
    fileprivate func ratios() throws(ConfigurationError) -> [Double]? {
        try numbers("ratios", counts: Array(1...8), 0...1000, above: true)
    }
}
