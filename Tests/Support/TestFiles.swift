import Foundation

/// Files of this checkout, for tests that read all of a kind.
public enum TestFiles {
    /// Paths of all files below `Tests/Data` and `Examples` whose names end so, sorted.
    public static func all(withExtension ending: String) -> [String] {
        [OperatorSuite.dataFolder, Checkout.file("Examples")].flatMap { folder -> [String] in
            let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
            return files.filter { $0.hasSuffix(".\(ending)") }.map { folder.appendingPathComponent($0).path }
        }.sorted()
    }

    /// A whole file.
    public static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// The smallest model of each operator in `OperatorSuite`: what to damage when a reader's test should be quick.
    public static func smallModels() throws -> [(name: String, bytes: [UInt8])] {
        try OperatorSuite.operators.compactMap { name in
            try OperatorSuite.cases(of: name).map { name in
                (name, try bytes(OperatorSuite.modelPath(name)))
            }.min { $0.1.count < $1.1.count }
        }
    }
}
