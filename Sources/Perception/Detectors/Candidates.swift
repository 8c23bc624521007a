/// A box that may be one, by its score; its corners are not known yet.
struct Candidate: BitwiseCopyable {
    /// In 1/65536.
    var score: UInt32
    /// Counted through all levels.
    var box: UInt32
    var level: UInt8
    var label: UInt16

    /// Whether it comes before another: by its score, of equal ones by its place.
    func isBefore(_ other: Candidate) -> Bool {
        score != other.score ? score > other.score : box < other.box
    }
}

/// The best candidates of a frame, as many as there is room for: a heap whose root is the worst of them.
struct Candidates: ~Copyable {
    private let storage: UnsafeMutableBufferPointer<Candidate>
    private(set) var count = 0
    /// How many came that there was no room for.
    private(set) var dropped = 0

    init(capacity: Int) { storage = .allocate(capacity: capacity) }

    deinit { storage.deallocate() }

    subscript(_ index: Int) -> Candidate { storage[index] }

    mutating func removeAll() { (count, dropped) = (0, 0) }

    mutating func add(_ candidate: Candidate) {
        if count < storage.count {
            storage.initializeElement(at: count, to: candidate)
            count += 1
            rise(from: count - 1)
        } else {
            dropped += 1
            guard candidate.isBefore(storage[0]) else { return }
            storage[0] = candidate
            sink(from: 0, below: count)
        }
    }

    /// The best first. Nothing is added afterwards.
    mutating func sort() {
        var end = count
        while end > 1 {
            end -= 1
            storage.swapAt(0, end)
            sink(from: 0, below: end)
        }
    }

    private mutating func rise(from start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard storage[parent].isBefore(storage[index]) else { return }
            storage.swapAt(parent, index)
            index = parent
        }
    }

    private mutating func sink(from start: Int, below end: Int) {
        var index = start
        while true {
            var worst = index
            for child in 2 * index + 1..<2 * index + 3 where child < end && storage[worst].isBefore(storage[child]) {
                worst = child
            }
            guard worst != index else { return }
            storage.swapAt(worst, index)
            index = worst
        }
    }
}
