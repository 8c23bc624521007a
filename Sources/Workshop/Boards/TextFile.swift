import Foundation
import System

/// Small files of text that people write: UTF-8, with or without a byte order mark, their lines ended in any of three ways.
public enum TextFile {
    /// Bytes of a file of labels at most.
    public static let labelsLimit = 4 << 20

    /// A file's text without its byte order mark.
    /// - Parameter file: as the user named it, for errors.
    public static func text(of bytes: some Collection<UInt8>, file: String) throws(ConfigurationError) -> String {
        func failure(_ message: String) -> ConfigurationError {
            ConfigurationError(file: file, place: nil, key: "", message: message)
        }
        if let impostor = Impostor(of: bytes) { throw failure("\(impostor.description); \(impostor.remedy)") }
        if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
            throw failure("not UTF-8 text but UTF-16; save it as UTF-8")
        }
        guard let text = String(validating: withoutMark(bytes), as: UTF8.self) else {
            throw failure("not UTF-8 text; save it as UTF-8")
        }
        return text
    }

    /// The bytes behind a byte order mark, if there is one.
    public static func withoutMark<Bytes: Collection<UInt8>>(_ bytes: Bytes) -> Bytes.SubSequence {
        bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes.dropFirst(3) : bytes[...]
    }

    /// One label a line, in the order of the model's scores. Empty lines at the end do not count.
    public static func labels(_ bytes: some Collection<UInt8>, file: String) throws(ConfigurationError) -> [String] {
        var lines = try text(of: bytes, file: file)
            .split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
            .map { $0.trimmingCharacters(in: .whitespaces) }
        while lines.last?.isEmpty == true { lines.removeLast() }
        guard !lines.isEmpty else {
            throw ConfigurationError(file: file, place: nil, key: "", message: "no labels in it; give one label a line")
        }
        for (index, line) in lines.enumerated()
        where line.isEmpty || line.utf8.count > 1024 || line.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
            throw ConfigurationError(
                file: file, place: .init(line: index + 1, column: 1), key: "",
                message: line.isEmpty
                    ? "an empty line; every line is one label"
                    : "a label longer than 1024 bytes or with control characters")
        }
        return lines
    }

    /// A small file's bytes.
    static func read(_ path: String, limit: Int) throws(ConfigurationError) -> [UInt8] {
        func failure(_ message: String) -> ConfigurationError {
            ConfigurationError(file: path, place: nil, key: "", message: message)
        }
        do throws(Errno) {
            let file = try FileDescriptor(reading: FileName.path(path))
            guard try file.status().kind != .folder else { throw .isFolder }
            var bytes = [UInt8](repeating: 0, count: limit + 1)
            var failed: Errno?
            let count = bytes.withUnsafeMutableBytes { buffer in
                do throws(Errno) { return try file.readFully(into: buffer) } catch {
                    failed = error
                    return 0
                }
            }
            if let failed { throw failed }
            guard count <= limit else { throw .noMemory }
            bytes.removeLast(bytes.count - count)
            return bytes
        } catch {
            switch error {
            case .noEntry: throw failure("no such file")
            case .isFolder: throw failure("a folder, expected a file")
            case .noMemory: throw failure("the file is larger than \(limit) bytes")
            default: throw failure("the file cannot be read: \(error.description)")
            }
        }
    }
}

/// What a download or a checkout leaves in place of the file that was meant.
public enum Impostor: Sendable {
    case gitLFS
    case webPage

    public init?(of bytes: some Collection<UInt8>) {
        let start = TextFile.withoutMark(bytes).prefix(256).drop { " \t\r\n".utf8.contains($0) }
        let text = String(decoding: start, as: UTF8.self).lowercased()
        if text.hasPrefix("version https://git-lfs.") {
            self = .gitLFS
        } else if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") {
            self = .webPage
        } else {
            return nil
        }
    }

    public var description: String {
        switch self {
        case .gitLFS: "a Git LFS pointer, not the file that it stands for"
        case .webPage: "a web page (HTML), not a file that was downloaded"
        }
    }

    public var remedy: String {
        switch self {
        case .gitLFS: "run 'git lfs pull' in its checkout, or download the file itself"
        case .webPage: "download the raw file, by the link that the page has for it"
        }
    }
}
