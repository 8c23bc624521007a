import System

/// How long to wait before the next try: twice as long each time, up to a limit, and never twice the same, so that a
/// thousand links do not come back in one moment.
struct Backoff {
    private let first: Int64
    private let limit: Int64
    private var wait: Int64
    private var random: UInt64

    /// - Parameters: in nanoseconds, above 1.
    init(first: Int64, limit: Int64) {
        (self.first, self.limit, wait) = (first, limit, first)
        random = UInt64(bitPattern: Clock.monotonic ^ Clock.wall) | 1
    }

    mutating func succeeded() { wait = first }

    /// Nanoseconds: three quarters to five quarters of what is due.
    mutating func next() -> Int64 {
        let due = wait
        wait = min(wait * 2, limit)
        return due - due / 4 + below(due / 2 + 1)
    }

    /// A number from 0 to `bound` - 1.
    mutating func below(_ bound: Int64) -> Int64 {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return Int64(random % UInt64(max(bound, 1)))
    }
}
