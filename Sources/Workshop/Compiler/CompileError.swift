/// Why a model or sensor file cannot become a bundle: one line that says where, what and what to do.
public struct CompileError: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
