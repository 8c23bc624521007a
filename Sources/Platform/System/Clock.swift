import CLinux

/// The two clocks of Linux. Logic uses the monotonic one; wall time is for people.
public enum Clock {
    /// Nanoseconds since the machine started; never goes back, does not count suspension.
    @inlinable
    public static var monotonic: Int64 { oc_clock_monotonic() }

    /// Nanoseconds since 1970-01-01T00:00:00Z; jumps when somebody sets the clock.
    @inlinable
    public static var wall: Int64 { oc_clock_real() }
}

/// An instant on both clocks, in nanoseconds. Logic reckons with `monotonic`; `wall` is for people.
public struct Moment: Equatable, Sendable {
    /// Since 1970-01-01T00:00:00Z.
    public var wall: Int64
    /// Since some fixed instant; never goes back.
    public var monotonic: Int64

    public init(wall: Int64, monotonic: Int64) {
        self.wall = wall
        self.monotonic = monotonic
    }

    public static var now: Moment { Moment(wall: Clock.wall, monotonic: Clock.monotonic) }
}
