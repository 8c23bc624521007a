/// Events of one class, oldest first; the first few are under way.
struct Lane {
    private var items: [Backlog.Waiting] = []
    private var start = 0
    private(set) var sent = 0

    var count: Int { items.count - start }
    var oldest: UInt64? { start < items.count ? items[start].sequence : nil }
    /// Of the oldest that is not under way.
    var nextSequence: UInt64? { start + sent < items.count ? items[start + sent].sequence : nil }

    mutating func append(_ item: Backlog.Waiting) { items.append(item) }

    /// - Precondition: there is one that is not under way.
    mutating func send() -> Backlog.Waiting {
        sent += 1
        return items[start + sent - 1]
    }

    mutating func unsend() { sent = 0 }

    func underWay(_ sequence: UInt64) -> Backlog.Waiting? {
        items[start..<start + sent].first { $0.sequence == sequence }
    }

    mutating func removeSent(_ sequence: UInt64) -> Backlog.Waiting? {
        for place in start..<start + sent where items[place].sequence == sequence {
            sent -= 1
            return remove(place)
        }
        return nil
    }

    mutating func removeOldestUnsent() -> Backlog.Waiting? {
        start + sent < items.count ? remove(start + sent) : nil
    }

    /// The few before it move up.
    private mutating func remove(_ place: Int) -> Backlog.Waiting {
        let item = items[place]
        var index = place
        while index > start {
            items[index] = items[index - 1]
            index -= 1
        }
        start += 1
        if start > 64, start * 2 > items.count {
            items.removeFirst(start)
            start = 0
        }
        return item
    }
}
