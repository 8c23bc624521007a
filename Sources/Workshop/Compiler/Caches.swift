import Boards
import CBundle
import Foundation

/// The data caches that one core of a board can fill, in bytes.
public struct Caches: Codable, Equatable, Sendable {
    public var l1 = 32 << 10
    public var l2 = 512 << 10
    /// 0: none, or none known.
    public var l3 = 0

    /// - Parameters: bytes, of `l1` and `l2` 1 or more.
    public init(l1: Int, l2: Int, l3: Int = 0) {
        self.l1 = l1
        self.l2 = l2
        self.l3 = l3
    }

    /// Those of the cores that the profile's threads run on; for the machine at hand those that Linux tells, unless the environment
    /// variable OCELLUS_CACHES tells of others. What is not known is as on small boards.
    public init(_ board: BoardProfile) throws(CompileError) {
        if board.architecture == .native {
            if let forced = ProcessInfo.processInfo.environment["OCELLUS_CACHES"] {
                try read(forced)
            } else {
                readMachine()
            }
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

    /// - Parameter text: L1:L2:L3, each a number of bytes or a size as board profiles have it; 0 for an L3 that is not there.
    private mutating func read(_ text: String) throws(CompileError) {
        let sizes = text.split(separator: ":", omittingEmptySubsequences: false).map { Self.bytes($0) }
        guard sizes.count == 3, let l1 = sizes[0], let l2 = sizes[1], let l3 = sizes[2], l1 > 0, l2 > 0 else {
            throw CompileError(
                "OCELLUS_CACHES: '\(text)' is not L1:L2:L3, three sizes below 4 GiB such as 32K:512K:0; correct it or unset it"
            )
        }
        (self.l1, self.l2, self.l3) = (l1, l2, l3)
    }

    /// "32K" as 32768; nil: no size, or 4 GiB and more.
    private static func bytes(_ text: Substring) -> Int? {
        let isPlain = text.utf8.allSatisfy { 48...57 ~= $0 }
        guard let bytes = isPlain ? Int(text) : parseBytes(String(text)), bytes < 1 << 32 else { return nil }
        return bytes
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

extension oc_caches {
    /// As a bundle records them; nil where a size is none that a bundle can tell.
    init?(_ caches: Caches) {
        guard let l1 = UInt32(exactly: caches.l1), let l2 = UInt32(exactly: caches.l2),
            let l3 = UInt32(exactly: caches.l3), l1 > 0, l2 > 0
        else { return nil }
        self.init(l1: l1, l2: l2, l3: l3)
    }
}
