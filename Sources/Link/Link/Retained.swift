/// What the broker keeps for us: a topic's last word. The newest counts, and is sent until it is acknowledged.
struct Retained {
    struct Item {
        let topic: Bytes
        var payload: Bytes
        /// Grows with each change; what is acknowledged is compared with it.
        var version: UInt32 = 1
        var sent: UInt32 = 0
        var acknowledged: UInt32 = 0
        /// It is to be gone: sent as an empty payload, then forgotten.
        var isGoing: Bool { payload.isEmpty }
    }

    private(set) var items: [Item] = []

    /// Topics that hold something, or did and are not cleared yet.
    var topics: [Bytes] { items.map { $0.topic } }

    func payload(_ topic: Bytes) -> Bytes? { items.first { $0.topic == topic }?.payload }

    /// - Parameter isForced: it is sent even if it is what the broker has.
    mutating func set(_ topic: Bytes, _ payload: Bytes, isForced: Bool = false) {
        guard let index = items.firstIndex(where: { $0.topic == topic }) else {
            items.append(Item(topic: topic, payload: payload))
            return
        }
        guard isForced || items[index].payload != payload else { return }
        items[index].payload = payload
        items[index].version &+= 1
    }

    /// Nothing shall be there any more, whether or not it was ours.
    mutating func clear(_ topic: Bytes) { set(topic, Bytes()) }

    /// After a new connection all is sent: a broker may have forgotten any of it.
    mutating func connected() {
        for index in items.indices {
            items[index].version &+= 1
            items[index].sent = 0
            items[index].acknowledged = 0
        }
    }

    mutating func connectionLost() {
        for index in items.indices { items[index].sent = items[index].acknowledged }
    }

    /// The next to send, which then is under way: its place, and what to send.
    /// - Parameter allows: whether a topic may be sent now.
    mutating func send(where allows: (Bytes) -> Bool) -> (index: Int, item: Item)? {
        for index in items.indices {
            // One message a topic at a time: a broker that sends again would otherwise mix up old and new.
            guard items[index].sent == items[index].acknowledged, items[index].version != items[index].acknowledged,
                allows(items[index].topic)
            else { continue }
            items[index].sent = items[index].version
            return (index, items[index])
        }
        return nil
    }

    mutating func acknowledge(_ topic: Bytes, _ version: UInt32) {
        guard let index = items.firstIndex(where: { $0.topic == topic }), items[index].sent == version else { return }
        items[index].acknowledged = version
        if items[index].isGoing, items[index].version == version { items.remove(at: index) }
    }

    var isSettled: Bool { items.allSatisfy { $0.version == $0.acknowledged } }
}
