/// A picture for want of photos: coarse and fine noise, and shapes with edges. Photos of what the model will see calibrate better.
struct MadeUpPicture {
    /// Row-major, channels innermost.
    private(set) var pixels: [UInt8]

    /// - Parameter number: another picture for every number, the same on every machine.
    init(height: Int, width: Int, channels: Int, number: Int) {
        var random = SeededGenerator(seed: UInt64(number))
        var values = [Float](repeating: 0, count: height * width * channels)
        // Octaves of noise, the coarse ones strongest.
        let contrast = Float(Int.random(in: 0..<100, using: &random) + 20)
        for octave in 1...6 {
            let cells = 1 << octave
            let strength = contrast / Float(octave)
            let grid = (0..<(cells + 1) * (cells + 1) * channels).map { _ in
                (Float(Int.random(in: 0..<1024, using: &random)) / 512 - 1) * strength
            }
            for y in 0..<height {
                let (row, down) = Self.place(y, height, cells)
                for x in 0..<width {
                    let (column, aside) = Self.place(x, width, cells)
                    for channel in 0..<channels {
                        func at(_ i: Int, _ j: Int) -> Float {
                            grid[((row + i) * (cells + 1) + column + j) * channels + channel]
                        }
                        let upper = at(0, 0) * (1 - aside) + at(0, 1) * aside
                        let lower = at(1, 0) * (1 - aside) + at(1, 1) * aside
                        values[(y * width + x) * channels + channel] += upper * (1 - down) + lower * down
                    }
                }
            }
        }
        for _ in 0..<Int.random(in: 0..<12, using: &random) {
            let isRound = Int.random(in: 0..<2, using: &random) == 0
            let (centreY, centreX) = (
                Int.random(in: 0..<height, using: &random), Int.random(in: 0..<width, using: &random)
            )
            let (tall, wide) = (
                Int.random(in: 0..<height / 2 + 1, using: &random) / 2 + 1,
                Int.random(in: 0..<width / 2 + 1, using: &random) / 2 + 1
            )
            let colour = (0..<channels).map { _ in Float(Int.random(in: 0..<256, using: &random)) - 128 }
            for y in max(0, centreY - tall)..<min(height, centreY + tall) {
                for x in max(0, centreX - wide)..<min(width, centreX + wide) {
                    let (dy, dx) = (Float(y - centreY) / Float(tall), Float(x - centreX) / Float(wide))
                    if isRound, dy * dy + dx * dx > 1 { continue }
                    for channel in 0..<channels { values[(y * width + x) * channels + channel] = colour[channel] }
                }
            }
        }
        let brightness = Float(Int.random(in: 0..<120, using: &random)) + 68
        pixels = values.map { UInt8(min(max(($0 + brightness).rounded(), 0), 255)) }
    }

    /// The cell that a pixel lies in, and how far.
    private static func place(_ pixel: Int, _ extent: Int, _ cells: Int) -> (cell: Int, fraction: Float) {
        let position = Float(pixel * cells) / Float(extent)
        let cell = Int(position)
        return (cell, position - Float(cell))
    }
}
