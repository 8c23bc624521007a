import Reference

/// Inputs of a model: what calibration and comparison run it on.
public struct Samples {
    public let count: Int
    private let load: (Int) -> [RealBuffer]

    /// - Parameter load: one buffer a graph input, in the model's order, for a number from 0 to `count - 1`.
    public init(count: Int, load: @escaping (Int) -> [RealBuffer]) {
        self.count = count
        self.load = load
    }

    public subscript(_ index: Int) -> [RealBuffer] { load(index) }

    /// Those for which `isIncluded` holds, in order.
    public func filter(_ isIncluded: (Int) -> Bool) -> Samples {
        let indices = (0..<count).filter(isIncluded)
        return Samples(count: indices.count) { self[indices[$0]] }
    }

    /// At most `limit` of them, evenly spread.
    public func spread(_ limit: Int) -> Samples {
        guard count > limit else { return self }
        return Samples(count: limit) { self[$0 * self.count / limit] }
    }
}
