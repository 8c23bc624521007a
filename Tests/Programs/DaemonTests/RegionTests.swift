import Foundation
import Testing

/// Zones, masks and the motion gate, in the daemon.
@Suite(.serialized) struct RegionTests {
    /// - Parameters:
    ///   - more: lines of the sensor file.
    ///   - watch: its rules; nil: the example's.
    private func run(_ more: String, watch: String? = nil, _ clip: String = Workplace.clip) throws -> Daemon.End {
        let place = try Workplace()
        let bundle = try place.file(
            "regions.ocellus",
            Workplace.compile { yaml in
                guard let range = yaml.range(of: "watch:") else { return yaml + more }
                return yaml[..<range.lowerBound] + more + "\n" + (watch ?? String(yaml[range.lowerBound...]))
            })
        return try Daemon.run([bundle, "--source", clip])
    }

    private func objects(_ end: Daemon.End, _ event: String) -> [String] {
        end.events.filter { $0.string("event") == event }.map { $0.string("object") }
    }

    @Test func aZoneSpeaksForItself() throws {
        // The man stands on the right of the middle; the upper strip holds nothing but sky.
        let end = try run(
            "zones: [{name: ground, y: 0.1}, {name: sky, height: 0.2}]",
            watch: """
                watch:
                  - {label: person, zone: sky, on: 0.7, off: 0.5, smoothing: 0.4, enter_after: 400ms, leave_after: 1s}
                  - {label: person, zone: ground, on: 0.7, off: 0.5, smoothing: 0.4, enter_after: 400ms, leave_after: 1s}
                """)
        #expect(objects(end, "enter") == ["ground-person"], "\(end.output)")
        #expect(objects(end, "leave") == ["ground-person"])
    }

    @Test func labelsOfOneRuleAddUp() throws {
        // Whoever is not a person or a person is there in every frame: the two scores are 1 together, but for roundings.
        let end = try run(
            "zones: [{name: ground, y: 0.1}]",
            watch: """
                watch:
                  - {label: person, on: 0.99}
                  - {label: [person, not a person], name: whoever, on: 0.99}
                  - {label: [not a person, person], name: ground, zone: ground, on: 0.99}
                """)
        #expect(objects(end, "enter") == ["whoever", "ground"], "\(end.output)")
        #expect(objects(end, "leave") == ["whoever", "ground"], "when the source ends")
        let leaves = end.events.filter { $0.string("event") == "leave" }
        #expect(leaves.allSatisfy { $0.string("reason") == "ended" }, "\(end.output)")
    }

    @Test func underAMaskNobodyIsSeen() throws {
        let end = try run("mask: [{x: 0.1, width: 0.8}]")
        #expect(objects(end, "enter").isEmpty && end.events.last?.int("frames") == 72)
    }

    @Test func theGateChangesNoEventOfAMovingScene() throws {
        let end = try run("motion: {hold: 1s}")
        let plain = try run("")
        #expect(objects(end, "enter") == ["person"] && objects(end, "leave") == ["person"])
        #expect(end.events.last?.int("idle") == 72 - end.events.last!.int("frames"))
        #expect(plain.events.allSatisfy { $0["idle"] == nil })
        let times = { (end: Daemon.End) in
            end.events.filter { $0.string("event") == "enter" || $0.string("event") == "leave" }.map {
                $0.string("time")
            }
        }
        #expect(times(end) == times(plain))
    }

    @Test func aStillSceneIsLeftAlone() throws {
        let place = try Workplace()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: Workplace.clip))
        let header = try #require(bytes.firstIndex(of: UInt8(ascii: "\n"))) + 1
        let size = (bytes.count - header) / 72
        var clip = bytes[..<header]
        for _ in 0..<400 { clip += bytes[header..<header + size] }  // 50 s at 8 a second
        let still = try place.file("still.y4m", [UInt8](clip))
        let end = try run("motion: {hold: 1s, every: 10s}", still)
        let frames = try #require(end.events.last).int("frames")
        // The first second, and then one every ten.
        #expect(9 + 4...9 + 5 ~= frames, "\(frames)")
        #expect(end.events.last?.int("idle") == 400 - frames)
        #expect(end.events.contains { $0.string("event") == "heartbeat" && $0.int("idle") > 0 })
    }
}
