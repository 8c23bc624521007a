import Foundation
import TestSupport
import Testing

/// Jetpac networks, and values of layers of every kind of model.
@Suite struct JetpacTests {
    /// A folder with a network and pictures.
    private func folder(_ name: String) throws -> Folder {
        let folder = try Folder()
        try folder.write(JetpacSample.bytes(name), to: "net.ntwk")
        try FileManager.default.createDirectory(
            at: folder.url.appendingPathComponent("photos"), withIntermediateDirectories: false)
        var random = MersenneTwister(seed: 5)
        for number in 0..<12 {
            // Smooth, as photographs are: four corners, and what lies between them.
            let corners = (0..<4).map { _ in (0..<3).map { _ in Int(random.next() >> 24) } }
            var pixels: [UInt8] = []
            for y in 0..<32 {
                for x in 0..<32 {
                    for channel in 0..<3 {
                        let top = corners[0][channel] * (31 - x) + corners[1][channel] * x
                        let bottom = corners[2][channel] * (31 - x) + corners[3][channel] * x
                        pixels.append(UInt8((top * (31 - y) + bottom * y) / 961))
                    }
                }
            }
            try folder.write(Array("P6 32 32 255\n".utf8) + pixels, to: "photos/\(number).ppm")
        }
        return folder
    }

    private func floats(_ bytes: [UInt8]) -> [Float] {
        bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    private func cosine(_ a: [Float], _ b: [Float]) -> Float {
        func product(_ x: [Float], _ y: [Float]) -> Float { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
        return product(a, b) / (product(a, a) * product(b, b)).squareRoot()
    }

    @Test(
        "Features of the int8 bundle are those in float", arguments: ["mini_alexnet", "ccvish", "stack_jetpac_mix"])
    func features(name: String) throws {
        let folder = try folder(name)
        let build = try Command("build", "net.ntwk", "--calibrate", "photos", "--json", in: folder)
        #expect(build.code == 0, "\(build.errors)")
        for file in ["net.ntwk", "net.ocellus"] {
            let run = try Command(
                "run", file, "photos/3.ppm", "--layer", "-2", "--output-raw", "\(file).f32", in: folder)
            #expect(run.code == 0 && run.output.isEmpty, "\(run.errors)")
        }
        let (real, found) = (floats(try folder.read("net.ntwk.f32")), floats(try folder.read("net.ocellus.f32")))
        #expect(real.count == ["ccvish": 20][name] ?? 64 && real.count == found.count)
        #expect(cosine(real, found) >= 0.995, "\(cosine(real, found))")
    }

    @Test("Pictures are stretched to the network's size, and the middle is seen")
    func middle() throws {
        let folder = try folder("identity")
        #expect(try Command("build", "net.ntwk", "-q", in: folder).code == 0)
        let inspect = try Command("inspect", "net.ocellus", in: folder)
        // 16 of 256 pixels at each side.
        #expect(inspect.text.contains("crop 0.0625 0.0625 0.875 0.875"), "\(inspect.text)")
        #expect(try Command("inspect", "net.ntwk", in: folder).text.hasPrefix("net.ntwk: Jetpac model, "))
    }

    @Test("A model in float32 is run as it is, which is told")
    func real() throws {
        let folder = try folder("stack_q8")
        let run = try Command("run", "net.ntwk", "photos/1.ppm", "photos/2.ppm", "--top", "2", in: folder)
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.errors.contains("net.ntwk: computed in float32 on this machine; a board runs the int8 bundle"))
        let lines = run.text.split(separator: "\n")
        #expect(lines.count == 6 && lines[0].hasSuffix(" in float32)") && lines[0].hasPrefix("photos/1.ppm  ("))
        #expect(lines[1].contains(" %  "), "\(run.text)")
        let json = try Command("run", "net.ntwk", "photos/1.ppm", "--json", in: folder)
        let results = try #require(try JSONSerialization.jsonObject(with: Data(json.output)) as? [[String: Any]])
        #expect(results[0]["arithmetic"] as? String == "float32")
        let scores = try #require(results[0]["scores"] as? [[String: Any]])
        #expect(scores.count == 5 && (scores[0]["label"] as? String)?.isEmpty == false)
        try folder.write([UInt8](repeating: 0, count: 224 * 224 * 3 * 4), to: "in.bin")
        let raw = try Command("run", "net.ntwk", "--input-raw", "in.bin", "--output-raw", "out.bin", in: folder)
        let total = floats(try folder.read("out.bin")).reduce(0, +)
        #expect(raw.code == 0 && total > 0.999, "\(raw.errors)")
        // Other formats likewise; what a pixel means is a guess then.
        try folder.write(try ONNXSample.bytes, to: "net.onnx")
        let onnx = try Command("run", "net.onnx", "photos/1.ppm", in: folder)
        #expect(onnx.code == 0 && onnx.errors.contains("what a pixel means is a guess"), "\(onnx.errors)")
        let scaled = try Command("run", "net.onnx", "photos/1.ppm", "--mean", "127.5", "--std", "127.5", in: folder)
        #expect(scaled.code == 0 && !scaled.errors.contains("guess") && scaled.text != onnx.text)
    }

    @Test("Layers are counted from the end or named, of models and bundles")
    func layers() throws {
        let folder = try folder("stack_q8")
        #expect(try Command("build", "net.ntwk", "--calibrate", "photos", "-q", in: folder).code == 0)
        func layer(_ file: String, _ layer: String) throws -> (name: String, count: Int) {
            let run = try Command("run", file, "photos/0.ppm", "--layer", layer, "--json", in: folder)
            #expect(run.code == 0, "\(run.errors)")
            let results = try #require(try JSONSerialization.jsonObject(with: Data(run.output)) as? [[String: Any]])
            let found = try #require(results[0]["layer"] as? [String: Any])
            #expect(results[0]["scores"] == nil)
            return (try #require(found["name"] as? String), try #require(found["values"] as? [Double]).count)
        }
        #expect(try layer("net.ntwk", "0") == ("probs", 12) && layer("net.ocellus", "0") == ("probs", 12))
        #expect(try layer("net.ntwk", "-2") == ("drop4", 64) && layer("net.ocellus", "-2") == ("relu4", 64))
        #expect(try layer("net.ntwk", "-14") == ("conv1", 6272) && layer("net.ntwk", "norm1") == ("norm1", 1568))
        #expect(try layer("net.ocellus", "norm1") == ("norm1", 1568))
        // An int8 model, without a Jetpac network's layers.
        #expect(try layer(Sample.personDetect, "0").count == 2)
        let text = try Command("run", "net.ocellus", "photos/0.ppm", "--layer", "pool1", in: folder)
        #expect(text.text.contains("  pool1  [1x14x14x8]  values 0 to "), "\(text.text)")
        for (arguments, expected) in [
            (["--layer", "-15"], "--layer -15: it has the layers 0, 'probs', to -14, 'conv1'"),
            (["--layer", "nothing"], "--layer nothing: it has the layers"),
            (["--layer", "1"], "The value '1' is invalid for '--layer <number or name>'"),
            (["--layer", "0", "--top", "2"], "--layer tells values and no scores"),
            (["--draw", "x.png"], "a model in float32, of which --draw and --kernels know nothing"),
            (["--labels", "coco"], "--labels: 80 labels, but the model has 12 scores"),
            (["--top", "13"], "--top 13: the model has 12 scores; give no more"),
            (["--mean", "1"], "--mean and --std go together; give both"),
        ] {
            let run = try Command(["run", "net.ntwk", "photos/0.ppm"] + arguments, in: folder)
            #expect(run.code != 0 && run.errors.contains(expected), "\(run.errors)")
        }
        let bundle = try Command("run", "net.ocellus", "photos/0.ppm", "--mean", "1", "--std", "1", in: folder)
        #expect(bundle.code == 1 && bundle.errors.contains("--mean and --std are for models in float32"))
    }

    @Test("A torn network is one clear line, wherever it is given")
    func torn() throws {
        let folder = try Folder()
        try folder.write(Array(JetpacSample.bytes("identity").prefix(5000)), to: "torn.ntwk")
        try folder.write([1, 2, 3], to: "none.ntwk")
        for command in [["build"], ["inspect"], ["bench"], ["run"]] {
            for (file, expected) in [("torn.ntwk", "DICT claims"), ("none.ntwk", "3 bytes are left")] {
                let photo = command == ["run"] ? [Sample.photo] : []
                let run = try Command(command + [file] + photo, in: folder)
                #expect(run.code == 1 && run.errors.hasPrefix("ocellus: \(file): byte 0x0: "), "\(run.errors)")
                #expect(run.errors.contains(expected) && run.errors.split(separator: "\n").count == 1)
            }
        }
    }
}
