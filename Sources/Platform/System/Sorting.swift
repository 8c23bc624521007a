extension Array {
    /// The elements in order; equal ones in any. Shell's sort: a tenth of the standard library's code at each place of use.
    public func inOrder(_ precedes: (Element, Element) -> Bool) -> [Element] {
        var sorted = self
        var gap = count
        while gap > 1 {
            gap = Swift.max(gap * 5 / 11, 1)
            for end in gap..<count {
                let element = sorted[end]
                var place = end
                while place >= gap, precedes(element, sorted[place - gap]) {
                    sorted[place] = sorted[place - gap]
                    place -= gap
                }
                sorted[place] = element
            }
        }
        return sorted
    }
}
