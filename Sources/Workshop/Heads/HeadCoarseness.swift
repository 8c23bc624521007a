import Graph

extension DetectorHead {
    /// Steps in which 8-bit tensors can tell scores and boxes.
    public struct Coarseness: Sendable, Equatable {
        /// Between the scores next to the least that counts; 0 to 1.
        public var score: Double
        /// Between places of a box, in pixels of the input; 0 where that is not one number's.
        public var place: Double
    }

    /// The coarsest of all levels; nil: a tensor has no scale.
    public func coarseness(in graph: Graph) -> Coarseness? {
        var found = Coarseness(score: 0, place: 0)
        for level in levels {
            guard let scores = graph[level.scores.tensor].quantization,
                let boxes = graph[level.boxes.tensor].quantization
            else { return nil }
            let told = scores.levels.map(scoreCurve.value)
            // Where nothing lies on one side, the tensor cannot tell what counts from what does not.
            let below = told.filter { $0 < score }.max() ?? 0
            let above = told.filter { $0 >= score }.min() ?? 1
            found.score = max(found.score, above - below)
            let unit = level.priors.map { max($0.unitX, $0.unitY) }.max() ?? 0
            let step: Double
            switch coder {
            case .centre(let position, _, _): step = position.value(boxes.step) - position.value(0)
            case .cells: step = 0
            case .distances(let bins): step = bins == 1 ? boxes.step : 0
            }
            found.place = max(found.place, abs(step) * unit)
        }
        return found
    }
}

extension Quantization {
    /// Real numbers of all elements that 8 bits hold; of one scale.
    fileprivate var levels: [Double] { (-128...127).map { step * Double($0 - Int(zeroPoint)) } }
    fileprivate var step: Double { Double(scale) }
}
