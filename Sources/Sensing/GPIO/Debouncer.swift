/// Turns the edges of a contact that bounces into changes: a level counts when it has stayed for a while.
struct Debouncer {
    /// The level that counts.
    private(set) var isActive = false
    private let time: Int64  // nanoseconds
    private var since: Int64?  // first edge of what may become a change
    private var last: Int64 = 0  // edge

    init(time: Int64) { self.time = time }

    /// Takes an edge.
    /// - Returns: whether it is a change already.
    mutating func take(isActive level: Bool, at now: Int64) -> Bool {
        guard time > 0 else {
            guard level != isActive else { return false }
            isActive = level
            return true
        }
        if since == nil { since = now }
        last = max(now, since ?? now)
        return false
    }

    /// When the line's level is to be looked at; `.max`: no edge waits.
    var due: Int64 { since == nil ? .max : last + time }

    /// Takes the level that the line has at last.
    /// - Returns: when the change began; nil: there was none.
    mutating func settle(isActive level: Bool, at now: Int64) -> Int64? {
        let began = since ?? now
        since = nil
        guard level != isActive else { return nil }
        isActive = level
        return began
    }
}
