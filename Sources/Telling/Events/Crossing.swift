import CBundle

/// A line that objects cross, and how many did.
struct Crossing {
    let name: UnsafeRawBufferPointer  // owned by the list of rules
    private let from: FramePlace
    private let to: FramePlace
    private let label: UInt32
    let anchor: UInt8
    private(set) var into: Int64 = 0
    private(set) var outOf: Int64 = 0

    /// What it knows of one object.
    struct Memory: BitwiseCopyable {
        /// Where it was last beside the line.
        var place = FramePlace(x: 0, y: 0)
        var isPlaced = false
        /// It was counted in that direction.
        var wentIn = false
        var wentOut = false
    }

    init(_ record: oc_crossing, name: UnsafeRawBufferPointer) {
        self.name = name
        from = FramePlace(record.from)
        to = FramePlace(record.to)
        label = record.label
        anchor = record.anchor
    }

    func isAbout(_ label: UInt16) -> Bool { self.label == OC_ANY_LABEL || self.label == UInt32(label) }

    /// Takes an object's place.
    /// - Returns: whether it crossed the line to its right ("in"), or its left; nil: it did not, or was counted before.
    mutating func take(_ place: FramePlace, _ memory: inout Memory) -> Bool? {
        let side = place.side(from: from, to: to)
        // On the line it is on neither side yet.
        guard side != 0 else { return nil }
        defer { (memory.place, memory.isPlaced) = (place, true) }
        guard memory.isPlaced else { return nil }
        let former = memory.place.side(from: from, to: to)
        guard (former > 0) != (side > 0) else { return nil }
        let (a, b) = (from.side(from: memory.place, to: place), to.side(from: memory.place, to: place))
        guard a == 0 || b == 0 || (a > 0) != (b > 0) else { return nil }
        if side > 0 {
            guard !memory.wentIn else { return nil }
            memory.wentIn = true
            into += 1
        } else {
            guard !memory.wentOut else { return nil }
            memory.wentOut = true
            outOf += 1
        }
        return side > 0
    }

    mutating func restore(into: Int64, outOf: Int64) { (self.into, self.outOf) = (into, outOf) }

    /// Goes on counting where another one stopped.
    mutating func inherit(_ other: Crossing) { (into, outOf) = (other.into, other.outOf) }
}
