/// Why a model could not be opened, or a call could not be carried out.
public struct ModelError: Error, Sendable, CustomStringConvertible {
    /// What is wrong and what to do, in one line.
    public let message: String

    public var description: String { message }

    package init(_ message: String) { self.message = message }
}
