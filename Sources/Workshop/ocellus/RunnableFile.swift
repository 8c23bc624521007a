import Boards
import Foundation
import System

extension Runnable {
    /// Hands the bundle over as a file, which is gone afterwards where the bundle was made in memory.
    func withFile<Result>(_ body: (Path) -> Result) throws(Failure) -> Result {
        guard let bytes else { return body(FileName.path(path)) }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("ocellus-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try WholeFile.write(bytes, to: file)
        return body(FileName.path(file))
    }
}
