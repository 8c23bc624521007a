/// A run of arena bytes that is needed from one step to another.
struct ArenaBuffer {
    var bytes: Int
    /// Steps, both included. -1 is the time before the first step, when inputs are written.
    var first: Int
    var last: Int

    func overlaps(_ other: ArenaBuffer) -> Bool { first <= other.last && other.first <= last }
}

/// Where each buffer lies, so that buffers alive at the same time do not overlap and the arena is small.
///
/// Offline dynamic storage allocation: buffers are placed in some order, each at the lowest offset where it fits beside
/// those already placed that live at the same time. Several orders are tried, then a seeded local search over orders,
/// until the bound that no plan can beat is met (the most bytes alive at one step) or the budget is spent.
struct ArenaPlan {
    private(set) var offsets: [Int]
    private(set) var bytes: Int
    /// The most bytes alive at one step: no plan is smaller.
    let floor: Int

    private static let alignment = 64
    /// Orders to try, and pairs of buffers to look at in all: a model with thousands of tensors alive at once must not take
    /// hours to plan.
    private static let orders = 20_000
    private static let visits = 4_000_000

    init(_ buffers: [ArenaBuffer]) {
        let sizes = buffers.map { ($0.bytes + Self.alignment - 1) / Self.alignment * Self.alignment }
        let conflicts = buffers.indices.map { i in
            buffers.indices.filter { $0 != i && buffers[i].overlaps(buffers[$0]) }
        }
        let moments = Set(buffers.map(\.first))
        floor =
            moments.map { moment in
                buffers.indices.reduce(0) {
                    $0 + (buffers[$1].first <= moment && moment <= buffers[$1].last ? sizes[$1] : 0)
                }
            }.max() ?? 0

        var best = (offsets: [Int](repeating: 0, count: buffers.count), bytes: Int.max)
        func attempt(_ order: [Int]) -> Int {
            let plan = Self.place(order, sizes, conflicts)
            if plan.bytes < best.bytes { best = plan }
            return plan.bytes
        }
        let bySize = buffers.indices.sorted { (sizes[$0], $1) > (sizes[$1], $0) }
        let byArea = buffers.indices.sorted {
            (sizes[$0] * (buffers[$0].last - buffers[$0].first + 1), $1) > (
                sizes[$1] * (buffers[$1].last - buffers[$1].first + 1), $0
            )
        }
        var order = bySize
        var current = attempt(bySize)
        if attempt(byArea) < current {
            order = byArea
            current = best.bytes
        }
        // Move one buffer to the front of another: big changes come from who is placed first.
        var random = SplitMix64(seed: 1)
        let pairs = conflicts.reduce(buffers.count) { $0 + $1.count }
        var left = buffers.count > 2 ? min(Self.orders, Self.visits / pairs) : 0
        while best.bytes > floor && left > 0 {
            left -= 1
            var candidate = order
            let from = Int(random.next() % UInt64(candidate.count))
            let to = Int(random.next() % UInt64(candidate.count))
            candidate.insert(candidate.remove(at: from), at: to)
            let bytes = attempt(candidate)
            if bytes <= current {
                order = candidate
                current = bytes
            }
        }
        offsets = best.offsets
        bytes = buffers.isEmpty ? 0 : best.bytes
    }

    private static func place(_ order: [Int], _ sizes: [Int], _ conflicts: [[Int]]) -> (offsets: [Int], bytes: Int) {
        var offsets = [Int](repeating: -1, count: sizes.count)
        var end = 0
        for index in order {
            let taken = conflicts[index].filter { offsets[$0] >= 0 }.sorted { offsets[$0] < offsets[$1] }
            var at = 0
            for other in taken {
                if at + sizes[index] <= offsets[other] { break }
                at = max(at, offsets[other] + sizes[other])
            }
            offsets[index] = at
            end = max(end, at + sizes[index])
        }
        return (offsets, end)
    }
}

/// Steele, Lea and Flood's SplitMix64: a plan must be the same on every run, so the search has its own generator.
struct SplitMix64 {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
