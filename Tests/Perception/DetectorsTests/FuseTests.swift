import CBundle
import Testing

@testable import Detectors

/// Cells of one class that touch become one object.
@Suite("Cells that touch")
struct FuseTests {
    /// What becomes of cells of 8x8 pixels.
    /// - Parameter rows: a letter a class; capitals have the better score.
    /// - Returns: class, score and cells from left and top to right and bottom, the best first.
    private func fused(_ rows: [String], limit: Int = 100) -> [String] { fuse(rows, limit: limit).objects }

    private func fuse(_ rows: [String], limit: Int) -> (objects: [String], compares: Int) {
        var boxes: [Scored] = []
        for (y, row) in rows.enumerated() {
            for (x, letter) in row.enumerated() where letter != "." {
                let (left, top) = (Int32(x) * 2048, Int32(y) * 2048)
                boxes.append(
                    Scored(
                        box: InputBox(left: left, top: top, right: left + 2048, bottom: top + 2048),
                        score: letter.isUppercase ? 60000 : 40000, candidate: 0,
                        label: UInt16(letter.lowercased().utf8.first ?? 0)))
            }
        }
        // The best first, of equal ones the first.
        boxes = boxes.filter { $0.score > 50000 } + boxes.filter { $0.score < 50000 }
        for index in boxes.indices { boxes[index].candidate = Int32(index) }
        var compares = 0
        let count = boxes.withUnsafeMutableBufferPointer {
            Suppression.run($0, OC_SUPPRESS_FUSE, overlap: 0, least: 1, limit: limit, compares: &compares)
        }
        let objects = boxes.prefix(count).map { box -> String in
            let letter = String(UnicodeScalar(UInt8(box.label)))
            let corners = [box.box.left, box.box.top, box.box.right, box.box.bottom].map { "\($0 / 2048)" }
            return (box.score > 50000 ? letter.uppercased() : letter) + corners.joined(separator: " ")
        }
        return (objects, compares)
    }

    @Test("Edges and corners join, a cell between parts, and so does another class")
    func neighbours() {
        #expect(fused(["aa", ".."]) == ["a0 0 2 1"])
        #expect(fused(["a.", ".a"]) == ["a0 0 2 2"])
        #expect(fused([".a", "a."]) == ["a0 0 2 2"])
        #expect(fused(["a.a"]) == ["a0 0 1 1", "a2 0 3 1"])
        #expect(fused(["a", ".", "a"]) == ["a0 0 1 1", "a0 2 1 3"])
        #expect(fused(["ab"]) == ["a0 0 1 1", "b1 0 2 1"])
        #expect(fused(["...", "..."]).isEmpty)
    }

    @Test("The best score stays, and the best object comes first")
    func scores() {
        #expect(fused(["aa...", "...b.", "aA..B"]) == ["A0 2 2 3", "B3 1 5 3", "a0 0 2 1"])
        #expect(fused(["A..A", "....", "a..a"], limit: 2) == ["A0 0 1 1", "A3 0 4 1"])
    }

    @Test("What has grown takes what it touches then, in whatever order")
    func growth() {
        // A frame takes what it is around; a stair is one.
        #expect(fused(["aaaaa", "a...a", "a.A.a", "a...a", "aaaaa"]) == ["A0 0 5 5"])
        #expect(fused(["a....", ".a...", "..a..", "...a.", "....a"]) == ["a0 0 5 5"])
        // What was passed over touches only what two others make together.
        #expect(fused(["a..", "..a", ".a."]) == ["a0 0 3 3"])
        // Two that are apart, until the rectangle of one of them reaches the other.
        #expect(fused(["a...", "a.a.", "a...", "aaaa"]) == ["a0 0 4 4"])
        #expect(fused(["a..b", "a..b", "aabb"]) == ["a0 0 2 3", "b2 0 4 3"])
    }

    @Test("The worst: no two touch, and all are looked at by all")
    func bound() {
        let side = 64
        let rows = (0..<2 * side).map { y in
            String((0..<2 * side).map { x in x % 2 == 0 && y % 2 == 0 ? Character("a") : "." })
        }
        let (objects, compares) = fuse(rows, limit: 512)
        #expect(objects.count == 512 && compares == 4096 * 4097 / 2)
        // The parts of a comb, which its back joins at last: each joining begins from the first.
        let teeth = String((0..<256).map { $0 % 2 == 0 ? Character("A") : "." })
        let comb = fuse(Array(repeating: teeth, count: 8) + [String(repeating: "a", count: 256)], limit: 100)
        #expect(comb.objects == ["A0 0 256 9"])
        let count = 128 * 8 + 256
        #expect(comb.compares < 2 * count * count)
    }
}
