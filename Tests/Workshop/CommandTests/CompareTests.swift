import Foundation
import ONNXFormat
import SwiftProtobuf
import TestSupport
import Testing

/// `ocellus compare`.
@Suite struct CompareTests {
    private static func bytes(_ values: [Float]) -> [UInt8] {
        values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    }

    /// A 1x1 convolution from an 8x8 picture to two channels, in float32 or in int8.
    private static func convolution(output: String = "out", isReal: Bool, bias: Float = 0.1) -> [UInt8] {
        let weights: [Float] = [0.5, -0.25, 0.125, 1, 1, 1]
        var file = ModelFile(
            3, from: [1, 8, 8, 3], to: [1, 8, 8, 2],
            constants: [
                .init(
                    name: "w", shape: [2, 1, 1, 3], type: isReal ? 0 : 9,
                    data: isReal ? bytes(weights) : weights.map { UInt8(bitPattern: Int8($0 * 64)) },
                    scales: isReal ? [] : [1 / 64, 1 / 64]),
                .init(
                    name: "b", shape: [2], type: isReal ? 0 : 2,
                    data: isReal
                        ? bytes([bias, -0.5])
                        : [bias, -0.5].flatMap { value in
                            withUnsafeBytes(of: Int32(value * 64 * 255).littleEndian) { Array($0) }
                        }, scales: isReal ? [] : [1 / 16320, 1 / 16320]),
            ], options: (1, [0: .uint8(1), 1: .int32(1), 2: .int32(1), 3: .uint8(0)]))
        file.tensors[1].name = output
        if isReal {
            for index in [0, 1] { (file.tensors[index].type, file.tensors[index].scales) = (0, []) }
        } else {
            (file.tensors[0].scales, file.tensors[0].zeroPoints) = ([1 / 255], [-128])
            (file.tensors[1].scales, file.tensors[1].zeroPoints) = ([3 / 255], [-85])
        }
        return file.bytes
    }

    /// A folder with models and pictures of every kind of colour.
    private func folder() throws -> Folder {
        let folder = try Folder()
        try folder.write(Self.convolution(isReal: true), to: "net.tflite")
        try folder.write(Self.convolution(isReal: false), to: "peer.tflite")
        try folder.write(Self.convolution(output: "other", isReal: false), to: "renamed.tflite")
        try folder.write(try ONNXSample.bytes, to: "net.onnx")
        try folder.write([UInt8](try Self.turned().serializedBytes() as Data), to: "turned.onnx")
        try FileManager.default.createDirectory(
            at: folder.url.appendingPathComponent("photos"), withIntermediateDirectories: false)
        var random = MersenneTwister(seed: 1)
        for number in 0..<20 {
            let pixels = (0..<192).map { _ in UInt8(truncatingIfNeeded: random.next() >> 24) }
            try folder.write(Array("P6 8 8 255\n".utf8) + pixels, to: "photos/\(10 + number).ppm")
        }
        return folder
    }

    /// The convolution with its channels first.
    private static func turned() -> Onnx_ModelProto {
        var model = ONNXSample.model(input: [1, 3, 8, 8], output: "out")
        model.graph.initializer = [ONNXSample.reals("w", [2, 3, 1, 1], [0.5, -0.25, 0.125, 1, 1, 1])]
        model.graph.node = [ONNXSample.node("Conv", ["picture", "w"], "out")]
        return model
    }

    private func outputs(_ command: Command) throws -> [[String: Any]] {
        try #require(try command.fields["outputs"] as? [[String: Any]])
    }

    @Test("A float model and its bundle, which says what a pixel means")
    func bundle() throws {
        let folder = try folder()
        #expect(
            try Command(
                "build", "net.onnx", "--calibrate", "photos", "--mean", "127.5", "--std", "127.5", "-q", in: folder
            ).code == 0)
        let compare = try Command("compare", "net.onnx", "net.ocellus", "photos", "--json", in: folder)
        #expect(compare.code == 0, "\(compare.errors)")
        let output = try #require(try outputs(compare).first)
        #expect(output["name"] as? String == "scores" && output["shape"] as? [Int] == [1, 5])
        #expect(try #require(output["signalToNoise"] as? Double) > 25)
        #expect(try #require(output["top1"] as? Double) > 0.8 && output["saturated"] as? Double == 0)
        let fields = try compare.fields
        #expect(fields["matched"] as? String == "name" && fields["pictures"] as? Int == 20)
        #expect(fields["areChannelsScaled"] as? Bool == true)
        let input = try #require(fields["input"] as? [String: Any])
        #expect(try #require(input["signalToNoise"] as? Double) > 40)
        let layers = try #require(fields["layers"] as? [[String: Any]])
        #expect(!layers.isEmpty)
        for layer in layers { #expect(try #require(layer["signalToNoise"] as? Double) > 20) }
        let worst = try #require(fields["worst"] as? [[String: Any]])
        #expect(worst.count == 5 && (worst[0]["input"] as? String)?.hasPrefix("photos/") == true)
        let decibels = worst.compactMap { ($0["agreement"] as? [String: Any])?["signalToNoise"] as? Double }
        #expect(decibels.count == 5 && decibels == decibels.sorted())
        let notes = try #require(fields["notes"] as? [String])
        #expect(notes == ["net.onnx: does not say what a pixel means; it is taken to be as to the other model"])
        let text = try Command("compare", "net.onnx", "net.ocellus", "photos/10.ppm", in: folder).text
        #expect(text.contains("A  net.onnx     ONNX model in float32\nB  net.ocellus  bundle"), "\(text)")
        #expect(text.contains("agreement  of B with A on 1 picture, outputs matched by name"))
    }

    @Test("A float model and a peer's int8 one, by name or by order; a bundle of it gives the same")
    func peer() throws {
        let folder = try folder()
        for (file, rule) in [("peer.tflite", "name"), ("renamed.tflite", "order")] {
            let compare = try Command(
                "compare", "net.tflite", file, "photos", "--mean", "0", "--std", "255", "--json", in: folder)
            #expect(compare.code == 0, "\(compare.errors)")
            #expect(try compare.fields["matched"] as? String == rule)
            let output = try #require(try outputs(compare).first)
            #expect(try #require(output["correlation"] as? Double) > 0.999)
            #expect(try #require(output["greatestError"] as? Double) < 0.02)
        }
        #expect(try Command("build", "peer.tflite", "--mean", "0", "--std", "255", "-q", in: folder).code == 0)
        let same = try Command("compare", "peer.tflite", "peer.ocellus", "photos", "--json", in: folder)
        #expect(try #require(try outputs(same).first)["greatestError"] as? Double == 0)
    }

    @Test("Both forms of quantized ONNX compute the same")
    func quantized() throws {
        let folder = try folder()
        try folder.write([UInt8](try ONNXQuantizedSample.pairs().serializedBytes() as Data), to: "pairs.onnx")
        try folder.write([UInt8](try ONNXQuantizedSample.operators().serializedBytes() as Data), to: "operators.onnx")
        let compare = try Command(
            "compare", "pairs.onnx", "operators.onnx", "photos", "--mean", "0", "--std", "255", "--json", in: folder)
        #expect(compare.code == 0, "\(compare.errors)")
        #expect(try #require(try outputs(compare).first)["correlation"] as? Double ?? 0 > 0.999)
    }

    @Test("Models that see pixels otherwise are told to")
    func otherPixels() throws {
        let folder = try folder()
        #expect(
            try Command("build", "peer.tflite", "--mean", "127.5", "--std", "127.5", "-q", in: folder).code == 0)
        let compare = try Command(
            "compare", "net.tflite", "peer.ocellus", "photos", "--mean", "0", "--std", "255", in: folder)
        #expect(compare.code == 0 && compare.text.contains("note: the two see different inputs"), "\(compare.text)")
    }

    @Test("Models that differ are an error where it is said how much is one")
    func failing() throws {
        let folder = try folder()
        try folder.write(Self.convolution(isReal: true, bias: 40), to: "other.tflite")
        let arguments = ["compare", "net.tflite", "other.tflite", "photos", "--mean", "0", "--std", "255"]
        #expect(try Command(arguments, in: folder).code == 0)
        let failed = try Command(arguments + ["--fail-below", "0.9"], in: folder)
        #expect(failed.code == 1 && failed.text.contains("agreement  of B with A on 20 pictures"))
        #expect(
            failed.errors.contains("other.tflite: output 'out' correlates with that of net.tflite by ")
                && failed.errors.contains("below --fail-below 0.9; it differs most on photos/"), "\(failed.errors)")
        #expect(failed.errors.split(separator: "\n").count == 1)
    }

    private static let wrong: [([String], Int32, String)] = [
        (["net.tflite", "peer.tflite"], 2, "Missing expected argument '<photos> ...'"),
        (["net.tflite", "peer.tflite", "photos", "--fail-below", "2"], 2, "--fail-below 2.0 is out of range"),
        (["net.tflite", "peer.tflite", "photos", "--mean", "1"], 2, "--mean and --std go together; give both"),
        (["net.tflite", "missing.tflite", "photos"], 1, "missing.tflite: no such file"),
        (["net.tflite", "peer.tflite", "nothere"], 1, "nothere: no such file"),
        (["net.tflite", "photos/10.ppm", "photos"], 1, "photos/10.ppm: a file of another kind, expected"),
        (
            ["net.tflite", "turned.onnx", "photos"], 1,
            "turned.onnx: its output 'out' [1x2x8x8] is not laid out as 'out' [1x8x8x2] of net.tflite, but has the same "
                + "extents in another order"
        ),
        (
            ["net.tflite", "net.onnx", "photos"], 1,
            "net.onnx: its output 'scores' [1x5] is not laid out as 'out' [1x8x8x2] of net.tflite; compare models with"
        ),
        (
            [Sample.personDetect, "sensor.ocellus", "photos", "--mean", "0"], 2, "--mean and --std go together"
        ),
        (
            ["sensor.ocellus", "sensor.ocellus", "photos", "--mean", "0", "--std", "1"], 1,
            "both know what a pixel means; leave out --mean and --std"
        ),
    ]

    @Test("Wrong use is told", arguments: wrong)
    func mistakes(_ arguments: [String], _ code: Int32, _ expected: String) throws {
        let folder = try folder()
        #expect(try Command("build", Sample.sensor, "-q", "-o", "sensor.ocellus", in: folder).code == 0)
        let compare = try Command(["compare"] + arguments, in: folder)
        #expect(compare.code == code && compare.errors.contains(expected), "\(compare.errors)")
        #expect(compare.output.isEmpty && compare.errors.split(separator: "\n").count == 1)
    }
}
