import Boards

/// What a file is by its first bytes, or where these say nothing by its name; where that is plain.
enum FileKind: Equatable {
    case bundle, model
    case impostor(Impostor)
    case foreign(ForeignModel)
    case zip, gzip, png, jpeg, program, empty

    /// - Parameter name: the file's name, or its path.
    init?(of bytes: [UInt8], named name: String) {
        func begins(_ magic: [UInt8], at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: magic) }
        if bytes.isEmpty {
            self = .empty
        } else if begins([0x89, 0x4f, 0x43, 0x4c]) {
            self = .bundle
        } else if begins(Array("TFL3".utf8), at: 4) {
            self = .model
        } else if begins([0x89, 0x50, 0x4e, 0x47]) {
            self = .png
        } else if begins([0xff, 0xd8, 0xff]) {
            self = .jpeg
        } else if begins([0x1f, 0x8b]) {
            self = .gzip
        } else if let impostor = Impostor(of: bytes) {
            self = .impostor(impostor)
        } else if begins([0x7f, 0x45, 0x4c, 0x46]), !name.hasSuffix(".eim") {
            self = .program
        } else if let model = ForeignModel(of: bytes, named: name) {
            self = .foreign(model)
        } else if begins([0x50, 0x4b, 0x03, 0x04]) {
            self = .zip
        } else {
            return nil
        }
    }

    /// "a PNG picture, expected a .tflite model": what the file is, and what to do.
    /// - Parameter expected: what the command takes.
    func words(insteadOf expected: String) -> String {
        switch self {
        case .impostor(let impostor): "\(impostor.description); \(impostor.remedy)"
        case .foreign(let model): "\(model.description), expected \(expected); \(model.remedy) (docs/models.md)"
        case .zip: "a ZIP archive, expected \(expected); unpack it first"
        case .gzip: "a gzip archive, expected \(expected); unpack it first"
        case .bundle: "an ocellus bundle, expected \(expected)"
        case .model: "a TensorFlow Lite model, expected \(expected)"
        case .png: "a PNG picture, expected \(expected)"
        case .jpeg: "a JPEG picture, expected \(expected)"
        case .program: "a program, expected \(expected)"
        case .empty: "an empty file, expected \(expected)"
        }
    }
}
