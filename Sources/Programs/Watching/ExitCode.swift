/// How the daemon ends. docs/events.md lists the same.
public enum ExitCode: Int32, Sendable {
    /// The source ended, or SIGTERM or SIGINT came.
    case success = 0
    /// The system refused something the daemon needs.
    case system = 1
    /// The command line is wrong.
    case usage = 2
    /// The bundle cannot be used.
    case bundle = 3
    /// The source cannot be read, or not any further.
    case source = 4
    /// Standard output is closed, or cannot be written.
    case output = 5
}
