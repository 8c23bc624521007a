import System

/// Why a source cannot go on: one line that names the source, the place in it, and what to do.
public struct SourceError: Error {
    public let message: String
    /// The message without the source's name.
    public let reason: String

    init(_ source: String, _ reason: String) {
        message = "\(source): \(reason)"
        self.reason = reason
    }

    init(message: String) {
        self.message = message
        reason = message
    }
}
