import Yams

extension SensorFile {
    /// The file's name and where its settings stand in it, for errors that only the model brings to light.
    struct Origin: Sendable, Equatable {
        /// Nil where the settings are from no file.
        private(set) var file: String?
        private var places: [String: ConfigurationError.Place] = [:]

        init() {}

        init(_ document: Document) {
            file = document.file
            note(document.root, "")
        }

        private mutating func note(_ node: Node, _ path: String) {
            places[path] = node.mark.map { .init($0) }
            switch node {
            case .mapping(let mapping):
                for (key, value) in mapping {
                    note(value, path.isEmpty ? key.string ?? "" : "\(path).\(key.string ?? "")")
                }
            case .sequence(let items):
                for (index, item) in items.enumerated() { note(item, "\(path)[\(index)]") }
            case .scalar, .alias: break
            }
        }

        func place(of key: String) -> ConfigurationError.Place? { places[key] }

        /// Where a setting is written is no part of what it says.
        static func == (_: Origin, _: Origin) -> Bool { true }
    }

    /// What is wrong with a setting once the model is known, with its place where the settings are from a file.
    /// - Parameter key: as errors name it, such as `watch[0].label`.
    public func refusal(_ key: String, _ message: String) -> String {
        guard let file = origin.file else { return "\(key): \(message)" }
        return ConfigurationError(file: file, place: origin.place(of: key), key: key, message: message)
            .description
    }
}
