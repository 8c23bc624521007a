import Drawing
import Testing

@Suite struct QuantizationPlotTests {
    private static func plot(layers: Int, remarks: [Int]) -> QuantizationPlot {
        var plot = QuantizationPlot(title: "m.onnx, quantized", subtitle: "from float32", comparison: "Agreement")
        for index in 0..<layers {
            let own: Double? = index % 3 == 0 ? nil : 30 + Double(index % 5)
            plot.layers.append(
                QuantizationPlot.Layer(signalToNoise: 20 + Double(index % 11), own: own, saturated: 0.001))
        }
        for layer in remarks {
            plot.remarks.append(
                QuantizationPlot.Remark(
                    layer: layer, name: "operator \(layer) (CONV_2D)", text: String(repeating: "some words ", count: 25)
                ))
        }
        for number in 0..<3 {
            plot.outputs.append(
                QuantizationPlot.Output(
                    name: String(repeating: "long", count: 12) + "\(number)", correlation: 0.9, least: -0.4,
                    figures: ["SNR 21.5 dB", "same top-1 0.950", "beyond the range 0.25 %"]))
        }
        return plot
    }

    /// The room of each text, by the wider of the fonts.
    private func boxes(_ figure: Figure) -> [(text: String, x: ClosedRange<Double>, y: ClosedRange<Double>)] {
        figure.marks.compactMap { mark in
            guard case .text(let text, let point, _, let size, let anchor) = mark, !text.isEmpty else { return nil }
            let width = Double(text.count) * (size == .large ? 9 : 6.5)
            let left = anchor == .start ? point.x : anchor == .middle ? point.x - width / 2 : point.x - width
            return (text, left...left + width, point.y - 9...point.y + 1)
        }
    }

    @Test(
        "No text lies over another or beyond the edges",
        arguments: [
            (0, []), (1, [0]), (12, [0, 1, 2, 3, 4]), (80, [79, 78, 77, 76, 75]), (400, [200, 201, 202, 203, 399]),
            (30, [7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]),
        ])
    func texts(_ layers: Int, _ remarks: [Int]) {
        let figure = Self.plot(layers: layers, remarks: remarks).figure()
        let boxes = boxes(figure)
        for (index, box) in boxes.enumerated() {
            #expect(box.x.lowerBound >= 0 && box.x.upperBound <= Double(figure.width), "\(box.text)")
            #expect(box.y.upperBound <= Double(figure.height), "\(box.text)")
            for other in boxes[..<index] {
                #expect(!(box.x.overlaps(other.x) && box.y.overlaps(other.y)), "\(box.text) over \(other.text)")
            }
        }
    }

    @Test("Numbers beyond all bounds are drawn within the picture")
    func extremes() throws {
        var plot = Self.plot(layers: 4, remarks: [1, 99])
        plot.layers[0] = QuantizationPlot.Layer(signalToNoise: -1e9, own: .infinity, saturated: 5)
        plot.layers[1] = QuantizationPlot.Layer(signalToNoise: 1e9, own: -.infinity, saturated: 0)
        plot.outputs[0].correlation = -7
        plot.outputs[1].least = 1e9
        let figure = plot.figure()
        #expect(try figure.picture().width == 1000)
        #expect(!figure.svg().contains("nan") && !figure.svg().contains("inf"))
    }
}
