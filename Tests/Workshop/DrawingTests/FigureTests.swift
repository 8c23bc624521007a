import Drawing
import Foundation
import Pictures
import Testing

private func colour(_ picture: borrowing Picture, _ x: Int, _ y: Int) -> UInt32 {
    let at = (y * picture.width + x) * 3
    let pixels = picture.pixels
    return UInt32(pixels[at]) << 16 | UInt32(pixels[at + 1]) << 8 | UInt32(pixels[at + 2])
}

/// Elements of well-formed XML by their names.
private final class Elements: NSObject {
    static func count(_ svg: String) throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for match in svg.matches(of: /<([a-z]+)[ >]/) { counts[String(match.1), default: 0] += 1 }
        return counts
    }
}

@Suite struct FigureTests {
    @Test("SVG and picture show the same marks in the same places") func sameMarks() throws {
        var figure = Figure(width: 200, height: 100)
        figure.marks.append(.rectangle(x: 10, y: 20, width: 30, height: 40, 0x1e66d0))
        figure.line(Figure.Point(100, 0), Figure.Point(100, 100), 0xd81b60, width: 4)
        figure.marks.append(.polygon([Figure.Point(150, 10), Figure.Point(190, 10), Figure.Point(190, 50)], 0x00806a))
        let picture = try figure.picture()
        #expect(picture.width == 200 && picture.height == 100)
        #expect(colour(picture, 25, 40) == 0x1e66d0 && colour(picture, 8, 40) == 0xffffff)
        #expect(colour(picture, 100, 50) == 0xd81b60 && colour(picture, 104, 50) == 0xffffff)
        #expect(colour(picture, 185, 20) == 0x00806a && colour(picture, 152, 45) == 0xffffff)
        let svg = figure.svg()
        #expect(svg.contains(##"<rect x="10" y="20" width="30" height="40" fill="#1e66d0"/>"##))
        #expect(svg.contains(##"points="150,10 190,10 190,50" fill="#00806a""##))
        #expect(try Elements.count(svg) == ["svg": 1, "rect": 2, "polyline": 1, "polygon": 1])
    }

    @Test("Names of others cannot break out of the text") func escapes() {
        var figure = Figure(width: 10, height: 10)
        figure.marks.append(.text("</text><script>\u{1b}\u{0}&\"é", Figure.Point(0, 0), 0))
        let svg = figure.svg()
        #expect(svg.contains(">&lt;/text&gt;&lt;script&gt;\u{fffd}\u{fffd}&amp;&quot;é</text>"))
    }

    @Test("Places without end, and texts beyond the edge, are drawn without harm") func extremes() throws {
        var figure = Figure(width: 50, height: 50)
        for value in [Double.nan, .infinity, -1e300, 1e300] {
            figure.marks.append(.rectangle(x: value, y: value, width: value, height: value, 0))
            figure.marks.append(
                .path([Figure.Point(value, 1), Figure.Point(2, value)], 0, width: value, isDashed: true))
            figure.marks.append(.text("x", Figure.Point(value, value), 0))
        }
        figure.marks.append(.path([], 0, width: 1))
        figure.marks.append(.polygon([], 0))
        #expect(try figure.picture().width == 50)
        #expect(!figure.svg().contains("nan") && !figure.svg().contains("inf"))
        #expect(throws: DrawingError.self) { _ = try Figure(width: 20000, height: 5).picture() }
    }
}

@Suite struct ScorePlotTests {
    private static func plot(samples: Int) -> ScorePlot {
        var rule = ScorePlot.Rule(name: "person", settings: "on 80 %", on: 0.8, off: 0.5)
        rule.samples = (0..<samples).map {
            ScorePlot.Sample(
                time: Double($0) / 10, score: Double($0 % 7) / 7, smoothed: 0.5, isPresent: 20..<40 ~= $0)
        }
        rule.changes = [
            .init(time: 2, entered: true, label: "2.0 s"), .init(time: 4, entered: false, label: "4.0 s"),
        ]
        return ScorePlot(title: "door: clip", rules: [rule, rule])
    }

    @Test("A plot holds names, thresholds, who was there, and what changed") func content() throws {
        let svg = Self.plot(samples: 90).figure().svg()
        for text in ["door: clip", ">person<", "on 80 %", "2.0 s", "4.0 s", "100 %", ">8 s<"] {
            #expect(svg.contains(text))
        }
        // A presence in each panel, and the legend's.
        #expect(svg.split(separator: "fill=\"#d9ecff\"").count == 4)
        // Two triangles a panel and two in the legend.
        #expect(try Elements.count(svg)["polygon"] == 6)
        let picture = try Self.plot(samples: 90).figure().picture()
        #expect(picture.width == 1000)
    }

    @Test("However long a clip is, its plot stays small") func thinning() throws {
        let (short, long) = (Self.plot(samples: 2000).figure().svg(), Self.plot(samples: 500_000).figure().svg())
        #expect(long.utf8.count < 4 * short.utf8.count && long.utf8.count < 300_000)
    }

    @Test("Nothing seen, and times that jump, are no trouble", arguments: [0, 1, 2]) func few(samples: Int) throws {
        var plot = Self.plot(samples: samples)
        if samples == 2 { plot.breaks = [.init(time: 0.1, label: "12:00:00")] }
        #expect(try plot.figure().picture().height > 100)
        #expect(plot.figure().svg().contains("12:00:00") == (samples == 2))
        #expect(try ScorePlot(title: "", rules: []).figure().picture().width == 1000)
    }
}

@Suite struct ContactSheetTests {
    @Test("Tiles lie side by side, those with an event in its colour") func tiles() throws {
        let picture = try Picture(width: 288, height: 100, channels: 1)
        picture.pixels.initializeMemory(as: UInt8.self, repeating: 200)
        var sheet = ContactSheet(tiles: 5, lines: 2)
        for index in 0..<5 {
            try sheet.add(picture, captions: ["0:01", "person"], index == 1 ? .enter : index == 2 ? .leave : .none)
        }
        let drawn = try sheet.picture()
        #expect(drawn.width == 4 * 296 + 8 && drawn.height == 2 * (100 + 38 + 8) + 8)
        #expect(colour(drawn, 100, 50) == 0xc8c8c8)
        #expect(colour(drawn, 8 + 296 - 2, 50) == 0x00806a && colour(drawn, 8 + 2 * 296 - 2, 50) == 0xd81b60)
        #expect(colour(drawn, 8 + 3 * 296 - 1, 50) == 0xffffff)
        // Four in a row, the fifth below.
        #expect(colour(drawn, 100, 8 + 146 + 50) == 0xc8c8c8 && colour(drawn, 400, 8 + 146 + 50) == 0xffffff)
    }

    @Test("Pictures of other shapes keep theirs, with their boxes, in the middle of a tile") func shapes() throws {
        func grey(_ width: Int, _ height: Int) throws -> Picture {
            let picture = try Picture(width: width, height: height, channels: 1)
            picture.pixels.initializeMemory(as: UInt8.self, repeating: 200)
            return picture
        }
        let all = Drawing.Box(left: 0, top: 0, right: 1, bottom: 1, label: "")
        var sheet = ContactSheet(tiles: 3, lines: 1)
        try sheet.add(grey(288, 144), boxes: [all], captions: [])
        try sheet.add(grey(50, 50), boxes: [all], captions: [])
        try sheet.add(grey(288, 72), captions: [])
        let drawn = try sheet.picture()
        #expect(colour(drawn, 8, 80) == 0xd81b60 && colour(drawn, 8 + 287, 80) == 0xd81b60)
        // 144 of 288 pixels, behind 72.
        let second = 8 + 296
        #expect(colour(drawn, second + 71, 80) == 0xcbd2d9 && colour(drawn, second + 72, 80) == 0xd81b60)
        #expect(colour(drawn, second + 215, 80) == 0xd81b60 && colour(drawn, second + 216, 80) == 0xcbd2d9)
        let third = 8 + 2 * 296
        #expect(colour(drawn, third + 144, 8 + 35) == 0xcbd2d9 && colour(drawn, third + 144, 8 + 36) == 0xc8c8c8)
    }

    @Test("A picture that was not kept leaves its place grey; captions are cut") func missing() throws {
        var sheet = ContactSheet(tiles: 1, lines: 1)
        try sheet.add(Picture(), captions: [String(repeating: "long ", count: 100), "more"])
        let drawn = try sheet.picture()
        #expect(colour(drawn, 100, 50) == 0xcbd2d9)
        #expect(throws: DrawingError.empty) { _ = try ContactSheet(tiles: 3, lines: 1).picture() }
    }
}
