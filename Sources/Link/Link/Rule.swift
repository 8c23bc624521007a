/// Something that a sensor tells of, and how it is now.
struct Rule: Equatable {
    enum Kind: Equatable { case object, crossing, line }

    /// Where somebody is.
    struct Track: Equatable {
        /// 0: the rule's objects have no numbers.
        var number: Int64
        /// With escapes; nil: none.
        var label: Bytes?
        var score = Bytes()
    }

    /// With its escapes.
    let object: Bytes
    let kind: Kind
    var counts: Bool
    /// As written.
    var on: Bytes?
    var off: Bytes?

    var tracks: [Track] = []
    var count: Int64 = 0
    /// Of the last word about it, as written.
    var score: Bytes?
    /// When it began to be there or not to be, on the wall's clock in nanoseconds; 0: not known.
    var since: Int64 = 0
    /// Of a crossing.
    var inCount: Int64?
    var outCount: Int64?
    /// Of a line.
    var active: Bool?

    init(object: Bytes, kind: Kind, counts: Bool, on: Bytes? = nil, off: Bytes? = nil) {
        (self.object, self.kind, self.counts, self.on, self.off) = (object, kind, counts, on, off)
    }

    var name: Bytes { JSONText.plain(object) }
    var isPresent: Bool { count > 0 }

    /// Where its state lies.
    func stateTopic(_ prefix: Bytes) -> Bytes {
        switch kind {
        case .object: Topic.under(prefix, "state", name)
        case .crossing: Topic.under(Topic.under(prefix, "state"), "crossing", name)
        case .line: Topic.under(Topic.under(prefix, "state"), "line", name)
        }
    }
}
