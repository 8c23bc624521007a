/// Why a model file was refused. Prints as one message: the file, the byte where there is one, what is wrong, and what
/// to do about it.
public struct ImportError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's name, as the caller gave it.
    public var file: String
    /// Byte offset in the file of the record that is wrong; nil when the model as a whole is.
    public var offset: Int?
    public var problem: String
    /// What the reader of the message can do.
    public var remedy: String
    /// Further lines, such as one for each unsupported operator.
    public var details: [String]

    public init(file: String, offset: Int? = nil, problem: String, remedy: String, details: [String] = []) {
        self.file = file
        self.offset = offset
        self.problem = problem
        self.remedy = remedy
        self.details = details
    }

    /// What a model has that is not supported, all of it at once.
    /// - Parameters:
    ///   - counts: how often each occurs, by what to call it.
    ///   - all: of so many.
    ///   - noun: what they are, "operators".
    static func unsupported(
        _ counts: [String: Int], of all: Int, _ noun: String, file: String, remedy: String, further: [String] = []
    ) -> ImportError {
        let total = counts.values.reduce(0, +)
        let each = counts.map { "\($0.key): \($0.value == 1 ? "once" : "\($0.value) times")" }.sorted()
        return ImportError(
            file: file,
            problem: "\(total) of the model's \(all) \(noun) \(total == 1 ? "is" : "are") not supported",
            remedy: remedy,
            details: each + further)
    }

    public var description: String {
        let place = offset.map { "byte 0x\(String($0, radix: 16)): " } ?? ""
        return (["\(file): \(place)\(problem); \(remedy)"] + details).joined(separator: "\n  ")
    }

    /// For bytes that no writer of the format produces.
    static let damaged = "the file is damaged or not a TensorFlow Lite model: copy or export it again"
    /// For models that are sound but not what this importer takes.
    static let reconvert = "export the model again with fixed shapes and full int8 quantization"
}
