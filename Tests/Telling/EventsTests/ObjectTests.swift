import Bundle
import CBundle
import Detectors
import TestSupport
import Testing

@testable import Events

/// A detector's sensor: frames of 1000x1000 pixels, 10 a second, objects of 100x100 pixels unless said otherwise.
private final class Scene {
    private var list: WatchList
    private(set) var said: [String] = []
    private(set) var sightings: [Sighting] = []
    private var frame: Int64 = 0

    /// - Parameter change: of the sample's bundle, whose first rule is about dogs (label 1) in an area, its second about pets.
    init(_ change: (inout BundleFile) -> Void = { _ in }) throws {
        list = try Self.list(change)
    }

    private static func list(_ change: (inout BundleFile) -> Void) throws -> WatchList {
        var file = BundleFile(SampleBundle.make())
        file.edit(OC_SECTION_TRACKER, as: oc_tracker.self) { $0.lost = 1000 }
        file.edit(OC_SECTION_OBJECT_RULES, 0, as: oc_object_rule.self) { rule in
            rule = oc_object_rule()
            (rule.most_width, rule.most_height, rule.area) = (65535, 65535, 1)
            rule.anchor = UInt8(OC_ANCHOR_MIDDLE.rawValue)
        }
        file.edit(OC_SECTION_OBJECT_RULES, 1, as: oc_object_rule.self) { rule in
            rule = oc_object_rule()
            (rule.most_width, rule.most_height) = (65535, 65535)
        }
        // A triangle: from the middle of the upper edge to the lower left corner.
        for (index, corner) in [(0, 0), (32768, 0), (0, 65535)].enumerated() {
            file.edit(OC_SECTION_CORNERS, index, as: oc_corner.self) {
                $0 = oc_corner(x: UInt16(corner.0), y: UInt16(corner.1))
            }
        }
        file.edit(OC_SECTION_CROSSINGS, as: oc_crossing.self) { crossing in
            (crossing.from, crossing.to) = (oc_corner(x: 32768, y: 20000), oc_corner(x: 32768, y: 65535))
            (crossing.label, crossing.anchor) = (OC_ANY_LABEL, UInt8(OC_ANCHOR_MIDDLE.rawValue))
        }
        change(&file)
        let bundle = try Bundle(copying: file.bytes())
        return WatchList(bundle.view)
    }

    /// An object whose middle is there.
    static func object(_ x: Int32, _ y: Int32, label: UInt16 = 1, width: Int32 = 100, height: Int32 = 100) -> Detection
    {
        Detection(
            box: Box(
                left: (x - width / 2) * 16, top: (y - height / 2) * 16, right: (x + width / 2) * 16,
                bottom: (y + height / 2) * 16), score: 60000, label: label)
    }

    private func take(_ news: WatchNews) {
        let name = String(decoding: news.object, as: UTF8.self)
        var words = "\(name) \(news.change)"
        if let sighting = news.sighting {
            words += " #\(sighting.track)"
            if let count = sighting.count { words += " of \(count)" }
            sightings.append(sighting)
        }
        said.append(words)
    }

    func see(_ objects: Detection...) { see(objects) }

    func see(_ objects: [Detection]) {
        objects.withUnsafeBufferPointer {
            list.take($0, width: 1000, height: 1000, at: frame * 100_000_000, report: take)
        }
        frame += 1
    }

    /// So many frames are left out: nothing moves.
    func stand(for frames: Int64) {
        frame += frames
        list.stand(for: frames, until: frame * 100_000_000)
    }

    /// Whether a rule, or an object, needs the next frame.
    var waits: Bool { list.waits(zone: 0, at: frame * 100_000_000) }

    func leaveAll() { list.leaveAll(at: frame * 100_000_000, report: take) }

    var present: Int { list.present }

    /// Numbers of the objects that are shown.
    var shown: [Int64] {
        var tracks: [Int64] = []
        list.forEachObject { _, track, _ in tracks.append(track) }
        return tracks
    }

    /// What was said since the last time.
    func news() -> [String] {
        defer { said = [] }
        return said
    }

    /// - Parameter room: for so many numbers.
    func memory(room: Int = 8192) -> [Int64] {
        var numbers = [Int64](repeating: 0, count: room)
        let count = numbers.withUnsafeMutableBufferPointer { list.saveObjects(into: $0) }
        return Array(numbers.prefix(count))
    }

    func restore(_ memory: [Int64], at frame: Int64) {
        memory.withUnsafeBufferPointer { list.restoreObjects($0) }
        self.frame = frame
    }

    func reload(_ change: (inout BundleFile) -> Void = { _ in }) throws {
        var new = try Self.list(change)
        new.inherit(from: &list, at: frame * 100_000_000, report: take)
        list = new
    }
}

@Suite("Objects, zones and crossings")
struct ObjectTests {
    @Test("Each object enters and leaves by itself, and rules count them")
    func counts() throws {
        let scene = try Scene()
        for _ in 0..<4 { scene.see(Scene.object(700, 200), Scene.object(700, 700, label: 0)) }
        #expect(scene.news() == ["a pet enter #1 of 1", "a pet enter #2 of 2"])
        #expect(scene.present == 2 && scene.shown == [1, 2])
        // One is not seen for a while, which changes nothing but what is shown; then for longer than it is waited for.
        for _ in 0..<5 { scene.see(Scene.object(700, 200)) }
        #expect(scene.news().isEmpty && scene.shown == [1])
        for _ in 0..<8 { scene.see(Scene.object(700, 200)) }
        #expect(scene.news().map { $0.replacing(/\(.*\)/, with: "") } == ["a pet leave #2 of 1"])
        // Who comes then is somebody else.
        for _ in 0..<4 { scene.see(Scene.object(700, 200), Scene.object(700, 700, label: 0)) }
        #expect(scene.news() == ["a pet enter #3 of 2"])
    }

    @Test("A zone is entered with the anchor, and left")
    func zones() throws {
        let scene = try Scene()
        // The zone's edge goes from the middle of the upper edge to the lower left corner: at y = 200, x = 400.
        for x in stride(from: Int32(300), through: 520, by: 20) { scene.see(Scene.object(x, 200)) }
        let news = scene.news().map { $0.replacing(/\(.*\)/, with: "") }
        #expect(news == ["a dog enter #1 of 1", "a pet enter #1 of 1", "a dog leave #1 of 0"])
        let entered = try #require(scene.sightings.first)
        #expect(entered.before == nil && entered.box.right - entered.box.left >= 6500)
        #expect(String(decoding: entered.label, as: UTF8.self) == "dog")
        let left = try #require(scene.sightings.last)
        #expect(left.before == entered.box && left.box.left > entered.box.left)
        // With its feet it stands elsewhere: at y = 250 the edge is at x = 375.
        let feet = try Scene { file in
            file.edit(OC_SECTION_OBJECT_RULES, 0, as: oc_object_rule.self) { $0.anchor = 0 }
        }
        for _ in 0..<5 { feet.see(Scene.object(390, 200)) }
        #expect(feet.news() == ["a pet enter #1 of 1"])
    }

    @Test("Sizes and shapes")
    func sizes() throws {
        func entered(_ change: (inout oc_object_rule) -> Void, width: Int32, height: Int32) throws -> Bool {
            let scene = try Scene { $0.edit(OC_SECTION_OBJECT_RULES, 1, as: oc_object_rule.self, change) }
            for _ in 0..<5 { scene.see(Scene.object(600, 600, label: 0, width: width, height: height)) }
            return scene.news() == ["a pet enter #1 of 1"]
        }
        #expect(try entered({ $0.least_width = 6000 }, width: 100, height: 100))
        #expect(try !entered({ $0.least_width = 7000 }, width: 100, height: 100))
        #expect(try !entered({ $0.most_height = 6000 }, width: 100, height: 100))
        #expect(try entered({ $0.most_height = 7000 }, width: 100, height: 100))
        #expect(try entered({ $0.least_aspect = 2 << 16 }, width: 220, height: 100))
        #expect(try !entered({ $0.least_aspect = 2 << 16 }, width: 180, height: 100))
        #expect(try !entered({ $0.most_aspect = 1 << 15 }, width: 100, height: 180))
        #expect(try entered({ $0.most_aspect = 1 << 15 }, width: 100, height: 220))
    }

    @Test("Whoever crosses a line is counted once a direction, and who passes beside it is not")
    func crossings() throws {
        let scene = try Scene()
        func walk(_ places: StrideThrough<Int32>, y: Int32) {
            for x in places { scene.see(Scene.object(x, y, label: 0)) }
        }
        walk(stride(from: 400, through: 600, by: 20), y: 600)
        // From its upper end the line goes down: its right is the left of the picture, and who walks there goes in.
        #expect(scene.news().last == "gate cross(isIn: false, into: 0, outOf: 1) #1")
        walk(stride(from: 600, through: 400, by: -20), y: 600)
        #expect(scene.news() == ["gate cross(isIn: true, into: 1, outOf: 1) #1"])
        walk(stride(from: 400, through: 600, by: 20), y: 600)
        #expect(scene.news().isEmpty)
        // Another one, above the line's upper end.
        for x in stride(from: Int32(400), through: 600, by: 20) { scene.see(Scene.object(x, 200, label: 0)) }
        #expect(!scene.news().contains { $0.hasPrefix("gate") })
    }

    @Test("What was known goes on where it is put, and damaged numbers do no harm")
    func memories() throws {
        let (whole, part) = (try Scene(), try Scene())
        func frame(_ index: Int32) -> [Detection] {
            [Scene.object(300 + 12 * index, 300), Scene.object(800 - 15 * index, 500 + 5 * index, label: 0)]
                .filter { _ in index % 7 != 5 }
        }
        for index in 0..<20 as Range<Int32> { whole.see(frame(index)) }
        _ = whole.news()
        let memory = whole.memory()
        #expect(memory.count > 100)
        part.restore(memory, at: 20)
        #expect(part.memory() == memory)
        #expect(part.memory(room: memory.count) == memory && part.memory(room: memory.count - 1).isEmpty)
        for index in 20..<40 as Range<Int32> {
            whole.see(frame(index))
            part.see(frame(index))
        }
        #expect(!whole.said.isEmpty && whole.said == part.said)
        #expect(whole.memory() == part.memory())
        var random = SplitMix64(state: 5)
        for _ in 0..<2000 {
            var damaged = memory
            switch random.below(3) {
            case 0: damaged[random.below(damaged.count)] = Int64(bitPattern: random.next())
            case 1: damaged[random.below(damaged.count)] ^= 1 << Int64(random.below(63))
            default: damaged.removeLast(1 + random.below(damaged.count - 1))
            }
            part.restore(damaged, at: 40)
            for index in 40..<43 as Range<Int32> { part.see(frame(index)) }
            part.leaveAll()
        }
    }

    @Test("An object that is not seen needs the next frame, one that stands does not")
    func waiting() throws {
        let scene = try Scene()
        for _ in 0..<6 { scene.see(Scene.object(700, 200), Scene.object(700, 700, label: 0)) }
        #expect(!scene.waits)
        scene.see(Scene.object(700, 200))
        #expect(scene.waits)
        scene.stand(for: 600)
        scene.see(Scene.object(700, 200), Scene.object(700, 700, label: 0))
        #expect(!scene.waits && scene.shown == [1, 2] && scene.present == 2)
    }

    @Test("When nobody looks any more all leave, and a reload gives nobody's identity again")
    func reloading() throws {
        let scene = try Scene()
        for x in stride(from: Int32(400), through: 600, by: 20) { scene.see(Scene.object(x, 600, label: 0)) }
        #expect(scene.news().count == 2)
        try scene.reload()
        #expect(scene.news().map { $0.replacing(/\(.*\)/, with: "") } == ["a pet leave #1 of 0"])
        for x in stride(from: Int32(400), through: 600, by: 20) { scene.see(Scene.object(x, 600, label: 0)) }
        // Lines go on counting.
        #expect(scene.news() == ["a pet enter #2 of 1", "gate cross(isIn: false, into: 0, outOf: 2) #2"])
        scene.leaveAll()
        #expect(scene.present == 0 && scene.news().count == 1)
    }
}
