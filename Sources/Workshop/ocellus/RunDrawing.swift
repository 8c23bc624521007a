import Bundle
import Drawing
import Pictures
import Vision

/// What `ocellus run` draws: the one frame that was run, or a sheet of several.
struct RunDrawing {
    private struct Tile {
        let width: Int
        let height: Int
        let pixels: [UInt8]
        let boxes: [Drawing.Box]
        let captions: [String]
        let scores: [Drawing.Score]

        init(
            _ picture: borrowing Picture, _ boxes: [Drawing.Box], _ captions: [String], _ scores: [Drawing.Score]
        ) {
            (width, height, pixels) = (picture.width, picture.height, Array(picture.pixels))
            self.boxes = boxes
            self.captions = captions
            self.scores = scores
        }
    }

    private let upright: UprightPicture?
    private let zones: [Int]
    private var results: [Inference] = []  // of the current frame
    private var frames = 0
    private var every = 1  // of so many frames one is kept
    private var single: Tile?  // the first, as large as it is
    private var tiles: [Tile] = []

    private static let mostTiles = 24
    private static let mostScores = 3

    init(_ view: BundleView, _ permit: PixelPermit, zones: [Int]) {
        upright = UprightPicture(view, permit)
        self.zones = zones
    }

    /// Results come zone by zone; with the last zone's the frame is whole.
    mutating func take(_ frame: FrameView, _ result: Inference) throws(Failure) {
        results.append(result)
        guard results.count == zones.count else { return }
        defer { results.removeAll() }
        frames += 1
        guard let upright, (frames - 1) % every == 0 else { return }
        // Objects above what the model sees.
        let boxes =
            results.flatMap { $0.detections ?? [] }.map { upright.box($0, of: frame.shape) }
            + upright.boxes(of: frame.shape, zones: zones)
        if frames == 1 {
            let best = zones.count > 1 ? results.compactMap(\.zoneScore) : (results[0].scores ?? []).map(\.drawn)
            single = Tile(try upright.picture(of: frame), boxes, [], best)
        }
        tiles.append(Tile(try upright.picture(of: frame, width: ContactSheet.tileWidth), boxes, captions, []))
        // However many come, the sheet shows some evenly.
        guard tiles.count > Self.mostTiles else { return }
        tiles = tiles.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
        every *= 2
    }

    /// Which frame, and the best scores: of one zone several, of several the best of each.
    private var captions: [String] {
        let first = results[0]
        let name = first.input.split(separator: "/").last.map(String.init) ?? first.input
        let place = first.place.map { String(format: "  %.3f s", $0.seconds) } ?? ""
        let best = zones.count > 1 ? results.compactMap(\.zoneScore) : (first.scores ?? []).map(\.drawn)
        if let objects = first.detections { return [name + place, Format.count(objects.count, "object")] }
        return [name + place]
            + best.prefix(Self.mostScores).map { String(format: "%3.0f %% ", $0.probability * 100) + $0.label }
    }

    func write(to path: String) throws(Failure) {
        let guides = upright?.guides ?? []
        let drawn: Picture
        do throws(DrawingError) {
            if frames == 1, let tile = single {
                drawn = try Drawing.annotate(Self.picture(tile), scores: tile.scores, boxes: tile.boxes, guides: guides)
            } else {
                var sheet = ContactSheet(tiles: tiles.count, lines: tiles.map(\.captions.count).max() ?? 1)
                for tile in tiles {
                    try sheet.add(
                        Self.picture(tile), boxes: tile.boxes, guides: guides, captions: tile.captions)
                }
                drawn = try sheet.picture()
            }
        } catch {
            throw Failure(path, error.description)
        }
        try PictureFile.write(drawn, to: path)
    }

    private static func picture(_ tile: Tile) throws(DrawingError) -> Picture {
        do throws(PictureError) {
            let picture = try Picture(width: tile.width, height: tile.height, channels: 3)
            picture.pixels.copyBytes(from: tile.pixels)
            return picture
        } catch {
            throw .tooLarge
        }
    }
}

extension Inference.Score {
    var drawn: Drawing.Score { Drawing.Score(label: label ?? "\(index)", probability: probability) }
}

extension Inference {
    /// The best score, with the zone's name before it.
    fileprivate var zoneScore: Drawing.Score? {
        guard var score = scores?.first?.drawn else { return nil }
        if let zone { score.label = "\(zone): \(score.label)" }
        return score
    }
}
