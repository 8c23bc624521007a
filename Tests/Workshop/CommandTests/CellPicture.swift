/// A grey picture of 96x96 pixels, PPM, with cells of 8x8 in colours: what the networks of Tests/Data/make-blobs.py find.
enum CellPicture {
    static let red: [UInt8] = [220, 30, 30]
    static let blue: [UInt8] = [30, 30, 220]

    static func bytes(_ colour: (_ column: Int, _ row: Int) -> [UInt8]?) -> [UInt8] {
        var bytes = Array("P6\n96 96\n255\n".utf8)
        for y in 0..<96 {
            for x in 0..<96 { bytes += colour(x / 8, y / 8) ?? [96, 96, 96] }
        }
        return bytes
    }
}
