import Foundation

/// What the engine of 2014 answers (`Tests/Data/jetpac`): pictures, vectors, and how it prepares the one for the other.
public struct JetpacGolden: Decodable, Sendable {
    public struct Vector: Decodable, Sendable {
        public var net: String
        public var image: String
        /// "center", or "multi": ten windows.
        public var mode: String
        /// 0 or below, from the end of the layers.
        public var layerOffset: Int
        /// Whether channels were given in reverse order, and rows as columns.
        public var reverse: Int
        public var rotate: Int
        /// Of all values, every so manieth is kept.
        public var length: Int
        public var stride: Int
        /// Where those begin in `golden.f32`, and how many they are.
        public var start: Int
        public var count: Int
        /// Against the largest of them.
        public var tolerance: Float

        private enum CodingKeys: String, CodingKey {
            case net, image, mode, reverse, rotate, length, stride, start, count, tolerance
            case layerOffset = "layer_offset"
        }
    }

    public struct Image: Decodable, Sendable {
        public var file: String
        public var width: Int
        public var height: Int
        public var channels: Int
    }

    public var images: [String: Image]
    public var vectors: [Vector]

    public static let folder = OperatorSuite.dataFolder.appendingPathComponent("jetpac")

    /// The large network, which `alexnet` of Examples/jetpac writes; sought in the folder that OCELLUS_MODELS names and in
    /// `.build-models`.
    public static var alexNet: URL? {
        let folders = ProcessInfo.processInfo.environment["OCELLUS_MODELS"].map { [URL(fileURLWithPath: $0)] } ?? []
        return (folders + [Checkout.file(".build-models")]).map { $0.appendingPathComponent("alexnet.ntwk") }
            .first { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// The vectors whose pictures are here.
    public static func read() throws -> JetpacGolden {
        var golden = try JSONDecoder().decode(
            JetpacGolden.self, from: Data(contentsOf: folder.appendingPathComponent("golden.json")))
        golden.vectors = golden.vectors.filter { $0.image.hasPrefix("formula") || golden.file($0.image) != nil }
        return golden
    }

    /// A picture that is no formula's: one is not free, and sought in the folder that OCELLUS_JETPAC names.
    private func file(_ image: String) -> URL? {
        let more = ProcessInfo.processInfo.environment["OCELLUS_JETPAC"].map { [URL(fileURLWithPath: $0)] } ?? []
        return ([Self.folder] + more).map { $0.appendingPathComponent(images[image]?.file ?? "") }
            .first { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// All vectors' values.
    public static func values() throws -> [Float] {
        let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent("golden.f32")))
        return stride(from: 0, to: bytes.count, by: 4).map { start in
            Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) })
        }
    }

    /// Raw bytes of one of `images`. Those called formula are one.
    public func pixels(_ name: String) throws -> [UInt8] {
        guard let image = images[name] else { return [] }
        guard name.hasPrefix("formula") else { return try file(name).map { [UInt8](try Data(contentsOf: $0)) } ?? [] }
        var pixels: [UInt8] = []
        for y in 0..<image.height {
            for x in 0..<image.width {
                for channel in 0..<image.channels {
                    pixels.append(UInt8(truncatingIfNeeded: x * 3 + y * 5 + channel * 70 + x * y / 7))
                }
            }
        }
        return pixels
    }

    /// The windows that the network saw, before the mean image was subtracted: one, or ten.
    /// - Parameter side: to which the picture is stretched.
    public func windows(_ vector: Vector, side: Int) throws -> [[Float]] {
        guard let image = images[vector.image] else { return [] }
        let picture = Self.resampled(try pixels(vector.image), image, vector, to: side)
        let (middle, rest) = ((side - 224) / 2, side - 224)
        func window(_ x: Int, _ y: Int) -> [Float] {
            (0..<224).flatMap { row in
                let start = ((y + row) * side + x) * 3
                return picture[start..<start + 224 * 3]
            }
        }
        guard vector.mode == "multi" else { return [window(middle, middle)] }
        let windows = [(middle, middle), (0, 0), (rest, 0), (0, rest), (rest, rest)].map { window($0.0, $0.1) }
        return windows + windows.indices.map { Self.mirrored(windows[$0], before: $0 > 0 ? windows[$0 - 1] : nil) }
    }

    /// As the engine mirrors, a pixel too far to the right: what leaves a row there begins the next one, or the next window.
    private static func mirrored(_ window: [Float], before: [Float]?) -> [Float] {
        var result = [Float](repeating: 0, count: window.count)
        for y in 0..<224 {
            for x in 0..<224 {
                for channel in 0..<3 {
                    let target = (y * 224 + 224 - x) * 3 + channel
                    if target < result.count { result[target] = window[(y * 224 + x) * 3 + channel] }
                }
            }
        }
        for channel in 0..<3 { result[channel] = before.map { $0[223 * 224 * 3 + channel] } ?? 0 }
        return result
    }

    /// Bilinear between the corners' pixels, without smoothing. Of channels the first three are taken, missing ones are 0.
    private static func resampled(_ pixels: [UInt8], _ image: Image, _ vector: Vector, to side: Int) -> [Float] {
        let (width, height) = vector.rotate == 0 ? (image.width, image.height) : (image.height, image.width)
        func pixel(_ x: Int, _ y: Int, _ channel: Int) -> Float {
            guard channel < image.channels else { return 0 }
            let (column, row) = vector.rotate == 0 ? (x, y) : (y, x)
            let source = vector.reverse == 0 ? channel : image.channels - 1 - channel
            return Float(pixels[(row * image.width + column) * image.channels + source])
        }
        func places(_ extent: Int) -> [(low: Int, high: Int, part: Float)] {
            (0..<side).map {
                let place = Float($0) * (Float(extent) / Float(side))
                let low = min(Int(place), extent - 1)
                return (low, min(Int(place.rounded(.up)), extent - 1), place - Float(low))
            }
        }
        let (columns, rows) = (places(width), places(height))
        var result: [Float] = []
        result.reserveCapacity(side * side * 3)
        for row in rows {
            for column in columns {
                for channel in 0..<3 {
                    let (a, b) = (pixel(column.low, row.low, channel), pixel(column.high, row.low, channel))
                    let (c, d) = (pixel(column.low, row.high, channel), pixel(column.high, row.high, channel))
                    let (top, bottom) = (a + (b - a) * column.part, c + (d - c) * column.part)
                    result.append(top + (bottom - top) * row.part)
                }
            }
        }
        return result
    }
}
