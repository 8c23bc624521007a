import CLinux

/// The two clocks of Linux. Logic uses the monotonic one; wall time is for people.
public enum Clock {
    /// Nanoseconds since the machine started; never goes back, does not count suspension.
    @inlinable
    public static var monotonic: Int64 { oc_clock_monotonic() }

    /// Nanoseconds since 1970-01-01T00:00:00Z; jumps when somebody sets the clock.
    @inlinable
    public static var wall: Int64 { oc_clock_real() }

    /// Sleeps until the monotonic clock reaches `instant`.
    @inlinable
    public static func sleep(until instant: Int64) { oc_sleep_until(instant) }
}
