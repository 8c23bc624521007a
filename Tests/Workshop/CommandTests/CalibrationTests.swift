import Foundation
import TestSupport
import Testing

/// `ocellus build` of models in float32.
@Suite struct CalibrationTests {
    /// A 1x1 convolution with an activation that keeps what is above 0, from an 8x8 picture to two channels.
    private static let model: [UInt8] = {
        func bytes(_ values: [Float]) -> [UInt8] {
            values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
        }
        var file = ModelFile(
            3, from: [1, 8, 8, 3], to: [1, 8, 8, 2],
            constants: [
                .init(name: "w", shape: [2, 1, 1, 3], type: 0, data: bytes([0.5, -0.25, 0.125, 1, 1, 1]), scales: []),
                .init(name: "b", shape: [2], type: 0, data: bytes([0.1, -0.5]), scales: []),
            ], options: (1, [0: .uint8(1), 1: .int32(1), 2: .int32(1), 3: .uint8(1)]))
        for index in [0, 1] { (file.tensors[index].type, file.tensors[index].scales) = (0, []) }
        return file.bytes
    }()

    /// A folder with the model and pictures of every kind of colour.
    private func folder(pictures: Int) throws -> Folder {
        let folder = try Folder()
        try folder.write(Self.model, to: "net.tflite")
        try FileManager.default.createDirectory(
            at: folder.url.appendingPathComponent("photos"), withIntermediateDirectories: false)
        var random = MersenneTwister(seed: 1)
        for number in 0..<pictures {
            let pixels = (0..<192).map { _ in UInt8(truncatingIfNeeded: random.next() >> 24) }
            try folder.write(Array("P6 8 8 255\n".utf8) + pixels, to: "photos/\(number).ppm")
        }
        return folder
    }

    @Test("Pictures make an int8 bundle of it, and some of them tell what it is worth")
    func calibrated() throws {
        let folder = try folder(pictures: 20)
        let build = try Command(
            "build", "net.tflite", "--calibrate", "photos", "--mean", "127.5", "--std", "127.5", "--json", in: folder)
        #expect(build.code == 0, "\(build.errors)")
        let report = try #require(try build.fields["quantization"] as? [String: Any])
        #expect(report["pictures"] as? Int == 20 && report["calibrated"] as? Int == 16)
        #expect(report["compared"] as? Int == 4 && report["isHeldBack"] as? Bool == true)
        #expect((report["notes"] as? [String])?.isEmpty == true)
        let output = try #require((report["outputs"] as? [[String: Any]])?.first)
        #expect(try #require(output["correlation"] as? Double) > 0.999)
        #expect(try #require(output["signalToNoise"] as? Double) > 35)
        // The bundle scales pixels by itself: what it says of a picture is what float arithmetic says.
        let run = try Command("run", "net.ocellus", "photos/0.ppm", "--output-raw", "out.bin", in: folder)
        #expect(run.code == 0, "\(run.errors)")
        let values = try folder.read("out.bin").withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        let pixels = try folder.read("photos/0.ppm").suffix(192).map { (Float($0) - 127.5) / 127.5 }
        for place in 0..<64 {
            let (r, g, b) = (pixels[3 * place], pixels[3 * place + 1], pixels[3 * place + 2])
            let expected = [max(0.5 * r - 0.25 * g + 0.125 * b + 0.1, 0), max(r + g + b - 0.5, 0)]
            for channel in 0..<2 { #expect(abs(values[2 * place + channel] - expected[channel]) < 0.02) }
        }
    }

    @Test("What quantization costs is drawn, as SVG or PNG, with what helps the worst layers")
    func drawn() throws {
        let folder = try folder(pictures: 12)
        try folder.write(try ONNXSample.bytes, to: "net.onnx")
        let arguments = ["build", "net.onnx", "--calibrate", "photos", "--mean", "127.5", "--std", "127.5", "--json"]
        let build = try Command(arguments + ["--report", "loss.svg"], in: folder)
        #expect(build.code == 0, "\(build.errors)")
        let svg = String(decoding: try folder.read("loss.svg"), as: UTF8.self)
        for part in [
            "net.onnx, quantized", "Signal to noise by layer", "Values beyond the range", "on 2 pictures held back",
        ] {
            #expect(svg.contains(part), "\(part)")
        }
        let report = try #require(try build.fields["quantization"] as? [String: Any])
        let (layers, worst) = (report["layers"] as? [[String: Any]], report["worst"] as? [[String: Any]])
        for remedy in try #require(worst) {
            let layer = try #require(layers)[try #require(remedy["layer"] as? Int)]
            #expect(layer["origin"] as? String == remedy["origin"] as? String)
            #expect(["clipping", "rounding", "weights"].contains(try #require(remedy["cause"] as? String)))
            #expect(layer[try #require(remedy["cause"] as? String)] is Double)
            let words = try #require((remedy["remedy"] as? String)?.split(separator: " ").prefix(6))
            #expect(svg.contains(words.joined(separator: " ")))
        }
        #expect(try Command(arguments + ["--report", "loss.png"], in: folder).code == 0)
        #expect(try folder.read("loss.png").starts(with: [0x89, 0x50, 0x4e, 0x47]))
    }

    @Test("More effort is tried until the loss is met, and told with its price; what cannot be met leaves nothing")
    func maxLoss() throws {
        let folder = try folder(pictures: 12)
        try folder.write(try ONNXSample.bytes, to: "net.onnx")
        let arguments = [
            "build", "net.onnx", "--calibrate", "photos", "--mean", "127.5", "--std", "127.5", "--json", "-o",
            "n.ocellus",
        ]
        let easy = try Command(arguments + ["--max-loss", "0.2"], in: folder)
        #expect(easy.code == 0, "\(easy.errors)")
        let report = try #require(try easy.fields["quantization"] as? [String: Any])
        let attempts = try #require(report["attempts"] as? [[String: Any]])
        #expect(attempts.count == 1 && attempts[0]["what"] as? String == "as usual")
        #expect(attempts[0]["isKept"] as? Bool == true && attempts[0]["bundleBytes"] is Int)
        #expect(try #require(attempts[0]["loss"] as? Double) <= 0.2)
        try FileManager.default.removeItem(atPath: folder.path("n.ocellus"))
        let hard = try Command(arguments + ["--max-loss", "0"], in: folder)
        #expect(hard.code == 1 && hard.output.isEmpty && hard.errors.split(separator: "\n").count == 1)
        #expect(
            hard.errors.contains("net.onnx: output 'scores' loses 0.") && hard.errors.contains("tried: as usual 0."))
        #expect(hard.errors.contains(", scales of sums and comparisons kept apart 0."), "\(hard.errors)")
        #expect(try folder.names() == ["net.onnx", "net.tflite", "photos"])
        let few = try Command(
            "build", "net.onnx", "--calibrate", "photos/0.ppm", "--max-loss", "0.1", in: folder)
        #expect(few.code == 1 && few.errors.contains("give 10 or more with --calibrate"))
    }

    @Test("Without pictures, or word on what a pixel means, it says what that costs")
    func guessed() throws {
        let folder = try folder(pictures: 0)
        let build = try Command("build", "net.tflite", in: folder)
        #expect(build.code == 0, "\(build.errors)")
        #expect(build.text.contains("calibrated on made-up pictures"))
        #expect(build.text.contains("note: what a pixel means is a guess: 0 to 1 (mean 0, std 255)"))
        #expect(build.text.contains("note: calibrated with made-up pictures, for want of others"))
    }

    @Test("A few pictures are enough to build, and are told to be few")
    func few() throws {
        let build = try Command("build", "net.tflite", "--calibrate", "photos", in: try folder(pictures: 3))
        #expect(build.code == 0 && build.text.contains("note: 3 pictures to calibrate with: give 100 or so"))
    }

    @Test("A sensor file's scale and colours hold for calibration, too")
    func sensor() throws {
        let folder = try folder(pictures: 12)
        try folder.write(
            Array(
                ("name: s\nmodel: net.tflite\ninput: {mean: 0, std: 255, colour: bgr}\n"
                    + "output: {index: 0, scores: sigmoid}\n").utf8), to: "s.yaml")
        let build = try Command("build", "s.yaml", "--calibrate", "photos", "--json", in: folder)
        #expect(build.code == 0, "\(build.errors)")
        let report = try #require(try build.fields["quantization"] as? [String: Any])
        #expect((report["notes"] as? [String])?.isEmpty == true)
        let given = try Command("build", "s.yaml", "--mean", "1", "--std", "1", in: folder)
        #expect(given.code != 0 && given.errors.contains("a sensor file has input.mean and input.std"))
    }

    @Test(
        "Wrong use is told",
        arguments: [
            (["--calibrate", "nothere"], "nothere: no such file"),
            (["--calibrate", "photos", "--mean", "1"], "--mean and --std go together; give both"),
            (["--calibrate", "photos", "--mean", "1,2", "--std", "1,2"], "2 means and 2 deviations for 3 channels"),
            (["--calibrate", "photos", "--mean", "1,2", "--std", "1"], "--mean has 2 numbers and --std 1"),
            (["--max-loss", "2"], "--max-loss 2.0 is out of range; give 0 to 1, such as 0.01"),
            (["--max-loss", "0.1"], "--max-loss is measured on pictures that are held back; give 10 or more"),
            (["--report", "loss.jpg"], "--report loss.jpg: SVG or PNG; give a name that ends in .svg or .png"),
            (["--report", "nothere/loss.svg"], "nothere/loss.svg: cannot be written: there is no folder nothere"),
            (["--calibrate", "photos", "--mean", "1", "--std", "0"], "--std: numbers must be above 0"),
            (
                ["--calibrate", "photos", "--mean", "x", "--std", "1"],
                "The value 'x' is invalid for '--mean <numbers>'"
            ),
        ])
    func mistakes(_ arguments: [String], _ expected: String) throws {
        let folder = try folder(pictures: 1)
        let build = try Command(["build", "net.tflite"] + arguments, in: folder)
        #expect(build.code != 0 && build.errors.contains(expected), "\(build.errors)")
        #expect(try folder.names() == ["net.tflite", "photos"])
    }

    @Test("An ONNX model is built likewise, by its name or its first bytes")
    func onnx() throws {
        let folder = try folder(pictures: 20)
        try folder.write(try ONNXSample.bytes, to: "net.onnx")
        try folder.write(try ONNXSample.bytes, to: "other")
        for file in ["net.onnx", "other"] {
            let build = try Command(
                "build", file, "--calibrate", "photos", "--mean", "127.5", "--std", "127.5", "-o", "n.ocellus",
                "--json",
                in: folder)
            #expect(build.code == 0, "\(build.errors)")
            let report = try #require(try build.fields["quantization"] as? [String: Any])
            let output = try #require((report["outputs"] as? [[String: Any]])?.first)
            #expect(output["name"] as? String == "scores" && output["shape"] as? [Int] == [1, 5])
            #expect(try #require(output["signalToNoise"] as? Double) > 25)
            // A softmax of five: a list of probabilities.
            let run = try Command("run", "n.ocellus", "photos/0.ppm", "--json", in: folder)
            #expect(run.code == 0 && run.text.contains("probability"), "\(run.errors)")
        }
        #expect(try Command("inspect", "net.onnx", in: folder).text.hasPrefix("net.onnx: ONNX model, "))
        try folder.write([0x08, 0x08, 0x12, 0x07, 0x70], to: "torn.onnx")
        let torn = try Command("build", "torn.onnx", in: folder)
        #expect(torn.code != 0 && torn.errors.contains("torn.onnx: its protocol buffer cannot be read; "))
        let size = try Command("build", "net.onnx", "--size", "8by8", in: folder)
        #expect(size.code != 0 && size.errors.contains("The value '8by8' is invalid for '--size <width x height>'"))
    }

    @Test("Models that are int8 already need no pictures")
    func quantized() throws {
        let folder = try folder(pictures: 1)
        let build = try Command("build", Sample.personDetect, "--calibrate", "photos", in: folder)
        #expect(build.code != 0 && build.errors.contains("its model is quantized already; leave out --calibrate"))
        let lifted = try Command("build", Sample.personDetect, "--max-loss", "0.1", in: folder)
        #expect(lifted.code != 0 && lifted.errors.contains("its model is quantized already; leave out --max-loss"))
        let drawn = try Command("build", Sample.personDetect, "--report", "loss.svg", in: folder)
        #expect(drawn.code != 0 && drawn.errors.contains("its model is quantized already; leave out --report"))
    }
}
