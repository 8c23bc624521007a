import Boards
import Foundation
import Graph

extension Emission {
    /// What to say where the model's own word on its pixels is not what becomes of them.
    /// - Parameters:
    ///   - advice: the model's word.
    ///   - pixels: what is done.
    /// - Returns: a sentence for the report; nil where the two agree, or the word says nothing.
    func note(on advice: SensorFile.PixelScale, against pixels: SensorFile.PixelScale, _ ports: Ports) -> String? {
        // A mean of 0 and a deviation of 1 stand for pixels as they are.
        guard case .normalized(let mean, let std) = advice, Set(mean) != [0] || Set(std) != [1],
            let id = ports.pictureTensor
        else { return nil }
        let tensor = tensor(id)
        guard tensor.shape.count == 4, mean.count == std.count, [1, tensor.shape[3]].contains(mean.count),
            (mean + std).allSatisfy(\.isFinite), std.allSatisfy({ $0 > 0 })
        else { return nil }
        let offset: UInt8 = tensor.type == .int8 ? 0x80 : 0
        var apart = 0
        for channel in mean.indices {
            for value in UInt8.min...UInt8.max {
                let wanted = element(value, channel: channel, advice, tensor) ^ offset
                let fed = element(value, channel: channel, pixels, tensor) ^ offset
                apart = max(apart, abs(Int(wanted) - Int(fed)))
            }
        }
        // Two steps are what scales and zero points round.
        guard apart > 2 else { return nil }
        let (means, deviations) = (Self.text(mean), Self.text(std))
        let fed = pixels == .raw ? "pixels are fed as they are" : "the sensor file has others"
        return
            "the model's metadata has mean \(means) and std \(deviations) for its pixels, but \(fed): elements differ by up "
            + "to \(apart) of 255; `input: {mean: \(means), std: \(deviations)}` in a sensor file would follow it"
    }

    /// "127.5" or "[123.675, 116.28, 103.53]"
    private static func text(_ numbers: [Double]) -> String {
        let texts = numbers.map { String(format: "%g", $0) }
        return texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
    }
}
