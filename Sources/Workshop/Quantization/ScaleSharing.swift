import Graph

/// One scale for the operands and the result of sums and rectifiers, where that loses less than scales of their own.
///
/// A sum of two int8 tensors is exact in int8 where all three have one scale; otherwise its result is rounded anew. So a chain of
/// residual blocks under one scale is rounded once a block, by its convolutions. The price is a step that is coarser than some
/// of the tensors need. Noise adds up in absolute terms along such a chain, so the squares of the steps are what is compared.
struct ScaleSharing {
    private let graph: Graph
    /// Nodes whose results are exact where they share their operands' scale.
    private let candidates: [Node]

    init(_ graph: Graph) {
        self.graph = graph
        candidates = graph.nodes.filter { $0.isExactUnderOneScale && $0.inputs.allSatisfy { graph[$0].reals == nil } }
    }

    /// Joins groups while the noise falls, those with the greatest gain first.
    ///
    /// - Parameters:
    ///   - groups: tensors that share a scale.
    ///   - ranges: by the representative of each group whose range is free; kept up to date.
    func join(_ groups: inout DisjointSets, _ ranges: inout [Int: ClosedRange<Float>]) {
        // Roundings that each group's scale is paid for by.
        var roundings: [Int: Int] = [:]
        for node in graph.nodes where !node.operation.keepsValues {
            for id in node.outputs { roundings[groups.root(id), default: 0] += 1 }
        }
        var left = candidates
        while true {
            var best: (index: Int, gain: Float)?
            for (index, node) in left.enumerated() {
                guard let gain = gain(node, groups, ranges, roundings), gain > best?.gain ?? 0 else { continue }
                best = (index, gain)
            }
            guard let best else { return }
            let node = left.remove(at: best.index)
            let members = members(node, groups)
            let range = Self.union(members.compactMap { ranges[$0] })
            let count = members.reduce(0) { $0 + roundings[$1, default: 0] }
            for member in members {
                ranges[member] = nil
                roundings[member] = nil
                groups.join(member, members[0])
            }
            let root = groups.root(members[0])
            ranges[root] = range
            // Others may have become exact along with this one.
            let exact = left.filter { self.members($0, groups).count == 1 && self.members($0, groups)[0] == root }.count
            left.removeAll { self.members($0, groups).count == 1 }
            roundings[root] = count - 1 - exact
        }
    }

    private func members(_ node: Node, _ groups: DisjointSets) -> [Int] {
        Array(Set((node.inputs.prefix(node.summands) + node.outputs).map { groups.root($0) })).sorted()
    }

    /// How much less noise there is with one scale; nil where there can be none.
    private func gain(
        _ node: Node, _ groups: DisjointSets, _ ranges: [Int: ClosedRange<Float>], _ roundings: [Int: Int]
    ) -> Float? {
        let members = members(node, groups)
        guard members.allSatisfy({ ranges[$0] != nil }) else { return nil }
        func noise(_ range: ClosedRange<Float>, _ count: Int) -> Float {
            let step = Quantization(covering: range).scale
            return step * step * Float(count)
        }
        let apart = members.reduce(Float(0)) { $0 + noise(ranges[$1] ?? 0...0, roundings[$1, default: 0]) }
        let count = members.reduce(0) { $0 + roundings[$1, default: 0] }
        return apart - noise(Self.union(members.compactMap { ranges[$0] }), count - 1)
    }

    private static func union(_ ranges: [ClosedRange<Float>]) -> ClosedRange<Float> {
        let low = ranges.map(\.lowerBound).min() ?? 0
        return low...max(low, ranges.map(\.upperBound).max() ?? 0)
    }
}

extension Node {
    /// Whether the result is one of the int8 levels, not rounded again, where operands and result have one scale: of a rectifier
    /// with slopes that holds for what is above 0.
    fileprivate var isExactUnderOneScale: Bool {
        switch operation {
        case .add, .sub, .prelu, .unary(.relu), .unary(.leakyRelu): true
        default: false
        }
    }

    /// How many of the first operands are on the result's scale.
    fileprivate var summands: Int {
        switch operation {
        case .add, .sub: 2
        default: 1
        }
    }
}
