import Foundation
import TestSupport
import Testing

/// Labels from lists, files and models, as `build`, `run`, `inspect` and `labels` take and tell them.
@Suite struct LabelsTests {
    private static let voc = [
        "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
        "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
    ]

    /// A folder with models of 21 scores.
    private func folder(_ change: (inout LabelledModel) -> Void = { _ in }) throws -> Folder {
        let folder = try Folder()
        var model = LabelledModel(scores: 21, labels: Self.voc.map { $0.uppercased() })
        change(&model)
        try folder.write(model.bytes, to: "m.tflite")
        return folder
    }

    private func bare(_ model: inout LabelledModel) { (model.files, model.hasMetadata) = ([], false) }

    // MARK: Lists

    @Test("Lists are listed, and one is printed with indices or as a file of labels")
    func lists() throws {
        let folder = try Folder()
        let all = try Command("labels", in: folder)
        #expect(all.code == 0 && all.text.contains("imagenet-background  1,001  "), "\(all.text)")
        let list = try Command("labels", "imagenet", in: folder).text.split(separator: "\n")
        #expect(list.count == 1000 && list[281] == "281  tabby" && list[7] == "  7  cock")
        let plain = try Command("labels", "voc-background", "--plain", in: folder)
        #expect(plain.text == Self.voc.map { $0 + "\n" }.joined())
        let missing = try Command("labels", "imagnet", in: folder)
        #expect(missing.code == 1 && missing.errors.contains("imagnet: no such file; did you mean \"imagenet\"?"))
    }

    @Test("The labels of bundles, models and sensor files are printed, or a list that would fit is named")
    func labelsOf() throws {
        let folder = try folder()
        #expect(try Command("labels", "m.tflite", "--plain", in: folder).text.hasPrefix("BACKGROUND\nAEROPLANE\n"))
        #expect(try Command("labels", Sample.sensor, in: folder).text == "0  not a person\n1  person\n")
        #expect(try Command("build", "m.tflite", "-o", "m.ocellus", "-q", in: folder).code == 0)
        #expect(try Command("labels", "m.ocellus", in: folder).text.contains("\n15  PERSON\n"))
        let other = try self.folder(bare)
        #expect(try Command("build", "m.tflite", "-o", "m.ocellus", "-q", in: other).code == 0)
        for file in ["m.tflite", "m.ocellus"] {
            let command = try Command("labels", file, in: other)
            #expect(command.code == 1)
            #expect(command.errors == "ocellus: \(file): has no labels; voc-background has as many\n")
        }
    }

    // MARK: Given labels

    @Test("build and run take a list by name, a file of that name by its path")
    func named() throws {
        let folder = try folder(bare)
        try folder.write(Array(Self.voc.map { "file's \($0)\n" }.joined().utf8), to: "voc-background")
        let build = try Command("build", "m.tflite", "--labels", "voc-background", "-o", "m.ocellus", in: folder)
        #expect(
            build.text.contains("  labels") && build.text.contains("21  from list voc-background\n"), "\(build.text)")
        #expect(try Command("labels", "m.ocellus", "--plain", in: folder).text == Self.voc.map { $0 + "\n" }.joined())
        let report = try Command("build", "m.tflite", "--labels", "./voc-background", "--json", in: folder).fields
        #expect(report["labels"] as? Int == 21 && report["labelOrigin"] as? String == "./voc-background")
        for model in ["m.tflite", "m.ocellus"] {
            let run = try Command("run", model, Sample.photo, "--labels", "./voc-background", in: folder)
            #expect(run.code == 0 && run.text.contains(" %  file's "), "\(run.errors)\(run.text)")
            #expect(run.text.split(separator: "\n").count == 6 && run.errors.isEmpty)
        }
        let scores = try Command("run", "m.tflite", Sample.photo, in: folder)
        #expect(scores.text.contains(" %  score "))
    }

    @Test("Labels that do not fit name the list that would")
    func mistakes() throws {
        let folder = try folder(bare)
        let fits = "; voc-background has as many\n"
        for (arguments, message) in [
            (
                ["build", "m.tflite", "--labels", "voc"],
                "m.tflite: there are 20 labels, but output 0 of the model has 21 scores" + fits
            ),
            (
                ["run", "m.tflite", Sample.photo, "--labels", "imagenet"],
                "--labels imagenet: 1,000 labels, but the model has 21 scores" + fits
            ),
        ] {
            let command = try Command(arguments, in: folder)
            #expect(command.code == 1 && command.errors.hasSuffix(message), "\(command.errors)")
            #expect(command.errors.split(separator: "\n").count == 1 && command.output.isEmpty)
        }
        let missing = try Command("run", "m.tflite", Sample.photo, "--labels", "coko", in: folder)
        #expect(missing.errors.contains("coko: no such file; did you mean \"coco\"? (lists: imagenet, "))
        let logits = try self.folder { $0.hasSoftmax = false }
        let run = try Command("run", "m.tflite", Sample.photo, "--labels", "voc", in: logits)
        #expect(run.code == 1 && run.errors.contains("--labels voc: no output of the model is a list of probabilities"))
    }

    // MARK: Labels in a model's metadata

    @Test("A model's own labels are taken where nobody gives others, and told")
    func metadata() throws {
        let folder = try folder()
        let build = try Command("build", "m.tflite", "-o", "m.ocellus", in: folder)
        #expect(build.text.contains("21  from labels.txt in the model's metadata\n"), "\(build.text)")
        #expect(try Command("run", "m.tflite", Sample.photo, in: folder).text.contains(" %  "))
        let fields = try Command("inspect", "m.ocellus", "--json", in: folder).fields
        #expect((fields["labels"] as? [String])?[15] == "PERSON")
        let given = try Command("build", "m.tflite", "--labels", "voc-background", in: folder)
        #expect(given.text.contains("from list voc-background"))
        // Rules of a sensor file name them.
        try folder.write(
            Array("name: s\nmodel: m.tflite\nwatch:\n  - {label: [CAT, DOG], name: pet, on: 0.5}\n".utf8), to: "s.yaml")
        let sensor = try Command("build", "s.yaml", in: folder)
        #expect(
            sensor.code == 0 && sensor.text.contains("21  from labels.txt in the model's metadata"), "\(sensor.errors)")
        let text = try Command("inspect", "s.ocellus", in: folder).text
        #expect(text.contains("pet: label 8 (CAT), ") && text.contains("further labels 12 (DOG)\n"), "\(text)")
        #expect(try Command("labels", "s.yaml", "--plain", in: folder).text.hasPrefix("BACKGROUND\n"))
    }

    @Test("inspect shows what a model says of itself")
    func inspect() throws {
        let folder = try folder { ($0.mean, $0.std) = ([127.5], [127.5]) }
        let text = try Command("inspect", "m.tflite", in: folder).text
        for part in [
            "Metadata\n", "  name         Tiny\n", "  description  Tells pictures apart.\n", "  license      CC0-1.0\n",
            "  input 0      image, mean 127.5, std 127.5\n", "  output 0     probability, labels.txt: 21 labels\n",
        ] { #expect(text.contains(part), "\(part)\n\(text)") }
        let metadata = try #require(
            try Command("inspect", "m.tflite", "--json", in: folder).fields["metadata"] as? [String: Any])
        #expect(((metadata["inputs"] as? [[String: Any]])?[0]["mean"] as? [Double]) == [127.5])
    }

    @Test("Labels that are not taken are told, and break nothing")
    func skipped() throws {
        let models: [(change: (inout LabelledModel) -> Void, note: String)] = [
            (
                { $0.scores = 20 },
                "labels.txt in the model's metadata has 21 labels, but output 0 has 20 scores, so they are not taken"
            ),
            (
                { $0.files = [] },
                "labels in the model's metadata are not taken: labels.txt, packed into the model: no ZIP"
            ),
            (
                { $0.files[0].content = Array("a\n\nb\n".utf8) },
                "labels in the model's metadata are not taken: labels.txt:2:1: an empty line"
            ),
            (
                { $0.files[0].content = [UInt8](repeating: 97, count: 4 << 20 + 1) },
                "it unpacks to more than 4194304 bytes"
            ),
            ({ $0.identifier = "M009" }, "the model's metadata is not read: the metadata's identifier is not M001"),
            (
                { $0.hasSoftmax = false },
                "labels.txt in the model's metadata has 21 labels, but the model's first output is no list of probabilities"
            ),
        ]
        for (change, note) in models {
            let folder = try folder(change)
            let build = try Command("build", "m.tflite", "-o", "m.ocellus", in: folder)
            #expect(
                build.code == 0 && build.text.contains("  note: ") && build.text.contains(note),
                "\(note)\n\(build.text)")
            let run = try Command("run", "m.tflite", Sample.photo, in: folder)
            #expect(
                run.code == 0 && run.errors.hasPrefix("ocellus: m.tflite: ") && run.errors.contains(note),
                "\(run.errors)")
            #expect(run.errors.split(separator: "\n").count == 1)
            #expect(try Command("inspect", "m.tflite", in: folder).text.contains("Metadata\n"))
        }
        let folder = try folder { $0.scores = 20 }
        try folder.write(
            Array("name: s\nmodel: m.tflite\nwatch:\n  - {label: CAT, on: 0.5}\n".utf8), to: "s.yaml")
        let sensor = try Command("build", "s.yaml", in: folder)
        #expect(sensor.errors.contains("\"CAT\" cannot be found without `labels`"), "\(sensor.errors)")
        #expect(sensor.errors.contains("(labels.txt in the model's metadata has 21 labels, but output 0 has 20 scores"))
    }

    @Test("Labels of values serve scores of the same classes")
    func values() throws {
        let folder = try folder { $0.named[0].type = 3 }
        let build = try Command("build", "m.tflite", in: folder)
        #expect(build.text.contains("21  from labels.txt in the model's metadata"), "\(build.text)")
    }

    @Test("A normalization that is not followed is told; one that pixels as they are agree with is not")
    func normalization() throws {
        func note(_ mean: [Float], _ std: [Float], sensor: String? = nil) throws -> String {
            let folder = try folder { ($0.mean, $0.std) = (mean, std) }
            if let sensor { try folder.write(Array("name: s\nmodel: m.tflite\n\(sensor)".utf8), to: "s.yaml") }
            let build = try Command("build", sensor == nil ? "m.tflite" : "s.yaml", in: folder)
            #expect(build.code == 0, "\(build.errors)")
            return build.text.split(separator: "\n").filter { $0.hasPrefix("  note: ") }.joined()
        }
        // The input has a scale of 1/127.5 and a zero point of -1.
        #expect(try note([127.5], [127.5]) == "")
        #expect(try note([0], [1]) == "" && note([], []) == "" && note([0, 1], [1, 1]) == "" && note([1], [0]) == "")
        #expect(
            try note([0], [255])
                == "  note: the model's metadata has mean 0 and std 255 for its pixels, but pixels are fed as they are: elements "
                + "differ by up to 127 of 255; `input: {mean: 0, std: 255}` in a sensor file would follow it")
        let three = try note([123.675, 116.28, 103.53], [58.395, 57.12, 57.375])
        #expect(three.contains("mean [123.675, 116.28, 103.53] and std [58.395, 57.12, 57.375]"), "\(three)")
        #expect(try note([0], [255], sensor: "input: {mean: 0, std: 255}\n") == "")
        #expect(try note([0], [255], sensor: "input: {mean: 5, std: 25}\n").contains("but the sensor file has others"))
        #expect(try note([127.5], [127.5], sensor: "input: {fit: cover}\n") == "")
    }
}
