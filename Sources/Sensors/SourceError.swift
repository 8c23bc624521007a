import System

/// Why a source cannot go on: one line that names the source, the place in it, and what to do.
public struct SourceError: Error {
    public let message: String

    init(_ source: String, _ reason: String) { message = "\(source): \(reason)" }

    init(message: String) { self.message = message }
}
