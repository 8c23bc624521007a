import Boards
import Foundation

/// The data caches that one core of a board can fill, in bytes.
struct Caches {
    var l1 = 32 << 10
    var l2 = 512 << 10
    /// 0: none, or none known.
    var l3 = 0

    /// Those of the cores that the profile's threads run on; for the machine at hand those that Linux tells. What is not known is
    /// as on small boards.
    init(_ board: BoardProfile) {
        if board.architecture == .native {
            readMachine()
            return
        }
        guard let cluster = board.clusters.first(where: { $0.cpus.contains(board.pin.first ?? $0.cpus[0]) }) else {
            return
        }
        l1 = cluster.l1d ?? l1
        l3 = board.l3 ?? 0
        // A core without a cache of its own at this level has the next one instead, or none.
        l2 = cluster.l2 ?? (l3 > 0 ? l3 : l1)
    }

    private mutating func readMachine() {
        let folder = "/sys/devices/system/cpu/cpu0/cache"
        for index in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            func text(_ name: String) -> String? {
                (try? String(contentsOfFile: "\(folder)/\(index)/\(name)", encoding: .utf8))?
                    .trimmingCharacters(in: .whitespacesAndNewlines)
            }
            guard text("type") != "Instruction", let size = text("size"), size.hasSuffix("K"),
                let kilobytes = Int(size.dropLast())
            else { continue }
            switch text("level") {
            case "1": l1 = kilobytes << 10
            case "2": l2 = kilobytes << 10
            case "3": l3 = kilobytes << 10
            default: break
            }
        }
    }
}
