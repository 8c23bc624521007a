import Foundation
import TestSupport
import Testing

@testable import Boards

/// What scores are called, and rules that follow several of them.
@Suite struct LabelTests {
    private static let folder: String = {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("ocellus-\(UUID().uuidString)")
        try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try? Data("not looked at".utf8).write(to: url.appendingPathComponent("model.tflite"))
        try? Data("wolf\nfox\n".utf8).write(to: url.appendingPathComponent("imagenet"))
        return url.path
    }()

    private let head = "name: door\nmodel: model.tflite\n"

    private func read(_ yaml: String, modelLabels: SensorFile.ModelLabels = { _, _, _ in nil }) throws -> SensorFile {
        try SensorFile(yaml: head + yaml, path: Self.folder + "/sensor.yaml", modelLabels: modelLabels)
    }

    private func refusal(_ yaml: String) -> String {
        do { _ = try read(yaml) } catch {
            return "\(error)".replacing(Self.folder + "/", with: "")
        }
        return "taken"
    }

    // MARK: Lists

    @Test("The lists have the labels that their models count by")
    func lists() throws {
        func list(_ name: String) throws -> [String] { try #require(LabelList.named(name)).labels }
        let imagenet = try list("imagenet")
        #expect(imagenet.count == 1000 && Set(imagenet).count == 1000)
        #expect(imagenet[281] == "tabby" && imagenet[282] == "tiger cat" && imagenet[285] == "Egyptian cat")
        #expect(imagenet[0] == "tench" && imagenet[999] == "toilet tissue")
        #expect(try list("imagenet-background") == ["background"] + imagenet)
        let coco = try list("coco")
        #expect(coco.count == 80 && Set(coco).count == 80 && coco[0] == "person" && coco[79] == "toothbrush")
        let numbered = try list("coco-91")
        // The numbers of COCO's annotations.
        #expect(numbered.count == 91 && numbered[0] == "background" && numbered[1] == "person" && numbered[18] == "dog")
        #expect(numbered[12] == "N/A" && numbered[90] == "toothbrush")
        #expect(try list("coco-90") == Array(numbered.dropFirst()))
        #expect(try list("voc").count == 20 && list("voc-background")[15] == "person")
        #expect(Set(LabelList.all.map(\.name)).count == LabelList.all.count)
        for list in LabelList.all {
            let text = list.labels.joined(separator: "\n")
            #expect(try TextFile.labels(Array(text.utf8), file: list.name) == list.labels)
        }
    }

    @Test("A list that would fit is named")
    func hints() {
        #expect(LabelList.hint(scores: 1001) == "; imagenet-background has as many")
        #expect(LabelList.hint(scores: 7) == "")
        #expect(LabelList.hint(missing: "imagnet").hasPrefix("; did you mean \"imagenet\"? (lists: imagenet, "))
        #expect(LabelList.hint(missing: "./imagenet") == "" && LabelList.hint(missing: "labels.txt") == "")
    }

    // MARK: Sensor files

    @Test("A sensor file's labels are a list's by its name, a file's by its path")
    func named() throws {
        let list = try read("labels: imagenet\nwatch: [{label: tabby, on: 1}]\n")
        #expect(list.labels.count == 1000 && list.labelOrigin == "list imagenet" && list.watch[0].labels == [281])
        let file = try read("labels: ./imagenet\n")
        #expect(file.labels == ["wolf", "fox"] && file.labelOrigin?.hasSuffix("/imagenet") == true)
        #expect(try read("labels: [imagenet]\n").labels == ["imagenet"])
        #expect(try read("labels: [imagenet]\n").labelOrigin == nil)
        #expect(
            refusal("labels: imagenot\n")
                == "sensor.yaml:3:9: labels: imagenot: no such file (paths are relative to the sensor file); did you mean "
                + "\"imagenet\"? (lists: \(LabelList.all.map(\.name).joined(separator: ", ")))")
    }

    @Test("Without labels the model is asked for its own")
    func modelLabels() throws {
        var asked: [String] = []
        let sensor = try read("output: {index: 2}\nwatch: [{label: dog, on: 1}]\n") { model, output, _ in
            asked.append("\(model.split(separator: "/").last ?? "") \(output)")
            return NamedLabels(["cat", "dog"], origin: "there")
        }
        #expect(asked == ["model.tflite 2"])
        #expect(sensor.labels == ["cat", "dog"] && sensor.labelOrigin == "there" && sensor.watch[0].labels == [1])
        _ = try read("labels: [a]\n") { _, _, _ in
            Issue.record("asked in vain")
            return nil
        }
    }

    @Test("A rule follows several labels, by name or index, in the file's order")
    func several() throws {
        let rules = "labels: [\"2\", cat, lynx, dog]\nwatch:\n  - {label: [dog, 2, 1, 2], name: pet, on: 1}\n"
        #expect(refusal(rules) == "sensor.yaml:5:25: watch[0].label[3]: \"2\" is listed twice; it would count twice")
        let sensor = try read(rules.replacing(", 1, 2]", with: ", 1]"))
        #expect(sensor.watch[0].labels == [3, 0, 1] && sensor.watch[0].name == "pet")
        let zoned = "labels: [a, b]\nzones: [{name: z}]\nwatch: [{label: [b], zone: z, on: 1}]\n"
        #expect(try read(zoned).watch[0].name == "z-b", "one is one, in brackets too")
    }

    @Test(
        "What is wrong with several labels is told at the label",
        arguments: [
            (
                "watch: [{label: [1, 2], on: 1}]",
                "3:17: watch[0].label: a rule of 2 labels needs a name, which events carry as \"object\"; write for example "
                    + "`name: cat`"
            ),
            ("watch: [{label: [], on: 1}]", "3:17: watch[0].label: expected a label or several, found an empty list"),
            (
                "labels: [a, b]\nwatch: [{label: [a, c], name: n, on: 1}]",
                "4:21: watch[0].label[1]: no label is called \"c\""
            ),
            (
                "labels: [a, b]\nwatch: [{label: [a, 0], name: n, on: 1}]",
                "4:21: watch[0].label[1]: \"0\" is listed twice; it would count twice"
            ),
            (
                "labels: [a, b]\nwatch: [{label: [a, 2], name: n, on: 1}]",
                "4:21: watch[0].label[1]: expected an index from 0 to 1, found 2"
            ),
            (
                "watch: [{label: [1, [2]], name: n, on: 1}]",
                "3:21: watch[0].label[1]: expected a text, found a list"
            ),
            (
                "labels: [a, b, a]\nwatch: [{label: [b, a], name: n, on: 1}]",
                "4:21: watch[0].label[1]: 2 labels are called \"a\"; give the index instead: 0, 2"
            ),
            (
                "watch: [{label: {a: 1}, on: 1}]",
                "3:17: watch[0].label: expected a label or its index, or a list of them, found a mapping"
            ),
        ])
    func wrong(_ yaml: String, _ message: String) { #expect(refusal(yaml + "\n") == "sensor.yaml:" + message) }
}
