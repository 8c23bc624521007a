import Graph

/// Resize and Upsample.
extension ONNXTranslator {
    func resize(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        let (size, axes) = try resamplings(node, x)
        let changed = axes.keys.sorted()
        guard let first = changed.first else { return x }
        let transform = axes[first]?.transform ?? ""
        let isPicture = x.shape.count == 4 && changed.allSatisfy { $0 >= 2 }
        let mode = node.text("mode", default: "nearest")
        let isCropped = axes.values.contains { axis in (0..<axis.output).contains(where: axis.isBeyond) }
        guard mode != "nearest" || !isCropped else { throw node.refuse("takes nearest elements beyond its input") }
        if mode == "nearest" { return try nearest(node, x, axes, size, isPicture: isPicture) }
        guard mode == "linear" || mode == "bilinear" || mode == "cubic" else { throw node.damaged("mode is \(mode)") }
        let isFiltered = try node.whole("antialias", default: 0) != 0
        let isHalf =
            transform == "half_pixel" || (transform == "pytorch_half_pixel" && axes.values.allSatisfy { $0.output > 1 })
        // TensorFlow Lite's, where it takes the same elements.
        let isWhole = axes.values.allSatisfy { abs(Double($0.input) * $0.scale - Double($0.output)) < 1e-3 }
        if isPicture, mode != "cubic", isWhole, !isFiltered,
            isHalf || transform == "asymmetric" || transform == "align_corners"
        {
            return try emit(
                .resizeBilinear(alignCorners: transform == "align_corners", halfPixelCenters: isHalf, asFloats: false),
                [try tensor(x, channelsLast: true, node)], size, channelsLast: true, node)
        }
        let cubic = mode == "cubic" ? Double(node.real("cubic_coeff_a", default: -0.75)) : nil
        let excludes = try node.whole("exclude_outside", default: 0) != 0
        guard cubic?.isFinite ?? true else { throw node.damaged("cubic_coeff_a is no number") }
        var matrices: [Int: [Float]] = [:]
        for (axis, resampling) in axes {
            guard resampling.input * resampling.output <= 1 << 22 else {
                throw node.refuse(
                    "resizes \(resampling.input) elements to \(resampling.output) by weights, which are too many")
            }
            matrices[axis] = resampling.matrix(cubic: cubic, isFiltered: isFiltered, excludes: excludes)
        }
        let result = try resampled(x, matrices, size, node)
        guard let beyond = try beyond(node, axes, size) else { return result }
        return try combine(result, beyond, node, .add(.none))
    }

    /// What stands for results of a region beyond the input, and 0 for all others; nil where there are none, or 0 stands for them.
    private func beyond(
        _ node: ONNXNode, _ axes: [Int: ONNXResampling], _ size: [Int]
    ) throws(ImportError) -> ONNXValue? {
        let value = node.real("extrapolation_value", default: 0)
        let isBeyond = axes.mapValues { axis in (0..<axis.output).map(axis.isBeyond) }
        guard isBeyond.values.contains(where: { $0.contains(true) }), value != 0 else { return nil }
        var shape = size
        for axis in size.indices where axes[axis] == nil { shape[axis] = 1 }
        guard let count = Self.count(shape), count <= 1 << 24 else { throw node.refuse("makes a constant of \(shape)") }
        let strides = rowMajorStrides(shape)
        let reals = (0..<count).map { index in
            isBeyond.contains { axis, flags in flags[index / strides[axis] % shape[axis]] } ? value : 0
        }
        return ONNXValue(shape: shape, content: .reals(reals))
    }

    /// The result's shape, and how each dimension that changes is resized.
    private func resamplings(
        _ node: ONNXNode, _ x: ONNXValue
    ) throws(ImportError) -> (size: [Int], axes: [Int: ONNXResampling]) {
        // Upsample and Resize of opset 10 have scales second.
        let isOld = node.type == "Upsample" || opset < 11
        var named: [Int] = []
        for given in node.wholes("axes") ?? Array(x.shape.indices) {
            named.append(try axis(given, rank: x.shape.count, node))
        }
        var sizes = isOld ? nil : try wholes(node, 3, "sizes")
        if sizes?.isEmpty == true { sizes = nil }
        let factors = try operand(node, isOld ? 1 : 2)?.reals ?? node.reals("scales") ?? []
        guard Set(named).count == named.count, (sizes?.count ?? factors.count) == named.count,
            sizes != nil || factors.allSatisfy({ $0 > 0 && $0 < 65536 })
        else { throw node.refuse("its sizes \(sizes ?? []) or scales \(factors) do not fit \(x.shape)") }
        let regions = isOld ? [] : try operand(node, 1)?.reals ?? []
        let transform = isOld ? "asymmetric" : node.text("coordinate_transformation_mode", default: "half_pixel")
        let isCropped = transform == "tf_crop_and_resize"
        let isSound = regions.count == 2 * named.count && regions.allSatisfy { $0.magnitude < 0x1p20 }
        guard isSound || !isCropped else {
            throw node.refuse("its region is \(regions)")
        }
        let common = try commonScale(node, sizes, named.map { x.shape[$0] })
        var size = x.shape
        var axes: [Int: ONNXResampling] = [:]
        for (place, axis) in named.enumerated() {
            let extent = x.shape[axis]
            var scale = sizes == nil ? Double(factors[place]) : 0
            size[axis] = sizes?[place] ?? Int((Double(extent) * scale).rounded(.down))
            if let common {
                scale = common
                size[axis] = Int((Double(extent) * common).rounded())
            } else if sizes != nil {
                scale = Double(size[axis]) / Double(max(extent, 1))
            }
            guard (1...1 << 20).contains(size[axis]), (1...1 << 20).contains(extent) else {
                throw node.refuse("resizes \(extent) elements to \(size[axis])")
            }
            var resampling = ONNXResampling(input: extent, output: size[axis], scale: scale, transform: transform)
            if isCropped {
                resampling.region = (Double(regions[place]), Double(regions[named.count + place]))
            }
            if size[axis] != extent || isCropped { axes[axis] = resampling }
        }
        return (size, axes)
    }

    /// The one scale of all dimensions where the file keeps their ratio; nil: each has its own.
    private func commonScale(_ node: ONNXNode, _ sizes: [Int]?, _ extents: [Int]) throws(ImportError) -> Double? {
        let policy = node.text("keep_aspect_ratio_policy", default: "stretch")
        guard policy != "stretch", let sizes else { return nil }
        let scales = zip(sizes, extents).map { Double($0) / Double(max($1, 1)) }
        guard scales.allSatisfy({ $0 > 0 && $0 < 65536 }) else { throw node.refuse("its sizes are \(sizes)") }
        return policy == "not_larger" ? scales.min() : scales.max()
    }

    /// Each result is one of the elements.
    private func nearest(
        _ node: ONNXNode, _ x: ONNXValue, _ axes: [Int: ONNXResampling], _ size: [Int], isPicture: Bool
    ) throws(ImportError) -> ONNXValue {
        let isOld = node.type == "Upsample" || opset < 11
        let rounding = isOld ? "floor" : node.text("nearest_mode", default: "round_prefer_floor")
        func sources(_ axis: Int) -> [Int] {
            guard let resampling = axes[axis] else { return Array(0..<x.shape[axis]) }
            return (0..<resampling.output).map { index in
                let position = resampling.position(index)
                let rounded: Double =
                    switch rounding {
                    case "floor": position.rounded(.down)
                    case "ceil": position.rounded(.up)
                    case "round_prefer_ceil": (position + 0.5).rounded(.down)
                    default: (position - 0.5).rounded(.up)
                    }
                return min(max(Int(rounded), 0), x.shape[axis] - 1)
            }
        }
        let indices = x.shape.indices.map(sources)
        if isPicture {
            let input = try tensor(x, channelsLast: true, node)
            // One of TensorFlow Lite's, where it takes the same elements.
            for (align, half) in [(false, false), (false, true), (true, false)] {
                let axes = [2, 3].map {
                    NearestAxis(input: x.shape[$0], output: size[$0], alignCorners: align, halfPixelCenters: half)
                        .source
                }
                if axes == [indices[2], indices[3]] {
                    return try emit(
                        .resizeNearestNeighbor(alignCorners: align, halfPixelCenters: half), [input], size,
                        channelsLast: true, node)
                }
            }
        }
        return try emit(
            .select(indices: stored(x, indices)), [try own(x, node)], size, channelsLast: x.isChannelsLast, node)
    }
}
