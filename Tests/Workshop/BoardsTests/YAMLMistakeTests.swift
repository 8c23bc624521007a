import Testing

@testable import Boards

/// What people write for YAML, told in words for them, at the place where it stands.
@Suite struct YAMLMistakeTests {
    private func refusal(_ yaml: String) -> String {
        do throws(ConfigurationError) {
            let document = try Document(yaml: Array(yaml.utf8), file: "s.yaml")
            let top = try Section(document, keys: ["a", "on", "mean", "every", "watch"])
            _ = try top.number("on", 0...1)
            _ = try top.numbers("mean", counts: [1, 3], 0...255)
            _ = try top.duration("every")
            _ = try top.sections("watch", keys: ["label", "on"], limit: 4)
            return "read"
        } catch {
            return error.description
        }
    }

    @Test(
        "A key given twice is told where it stands the second time",
        arguments: [
            ("a: 1\non: 1\na: 2\n", "s.yaml:3:1: the key \"a\" is given twice"),
            ("a: 1\r\non: 1\r\na: 2\r\n", "s.yaml:3:1: the key \"a\" is given twice"),
            ("a: 1\non: 1\n\"a\": 2\n", "s.yaml:3:1: the key \"a\" is given twice"),
            ("'a': 1\non: 1\na: 2\n", "s.yaml:3:1: the key \"a\" is given twice"),
            ("a: 1\na: 2\na: 3\n", "s.yaml:2:1: the key \"a\" is given twice"),
            ("a: 1\nwatch:\n  - {label: 1, on: 1, label: 2}\n", "s.yaml:3:23: the key \"label\" is given twice"),
            (
                "watch:\n  - on: 1\n    label: 1\n  - label: 1\n    on: 1\n    on: 2\n",
                "s.yaml:6:5: the key \"on\" is given twice"
            ),
        ])
    func repetition(yaml: String, message: String) {
        #expect(refusal(yaml) == message)
    }

    @Test(
        "Anchors and aliases are refused each by itself",
        arguments: ["a: &x 1\n", "a: *x\n", "a: [1, &x 2]\n", "&x a: 1\n", "a: &x\n  b: 1\n"])
    func anchors(yaml: String) {
        #expect(refusal(yaml).hasPrefix("s.yaml:1:"))
        #expect(refusal(yaml).hasSuffix(": YAML anchors and aliases are not supported: write the value out"))
    }

    @Test(
        "Neither is one in a text or a comment", arguments: ["a: x & y * z # &x\n", "a: \"&x\"\n", "# &x *x\na: 1\n"])
    func noAnchors(yaml: String) {
        #expect(refusal(yaml) == "read")
    }

    @Test(
        "A tab is called a tab",
        arguments: [
            ("watch:\n\t- label: 1\n", "s.yaml:2:1"), ("watch:\n  - label: 1\n\ton: 1\n", "s.yaml:3:1"),
            ("watch:\n  \tlabel: 1\n", "s.yaml:2:3"),
        ])
    func tab(yaml: String, place: String) {
        #expect(refusal(yaml) == "\(place): a tab where YAML takes spaces only; write spaces")
    }

    @Test(
        "A decimal comma is told with the number that is meant",
        arguments: [
            (
                "watch: [{label: 1, on: 0,3}]\n",
                "s.yaml:1:24: watch[0].on: a decimal comma ends the number; write 0.3 with a point"
            ),
            ("on: 0,3\n", "s.yaml:1:5: on: expected a number from 0 to 1, found \"0,3\"; write 0.3 with a point"),
            ("mean: 127,5\n", "write 127.5 with a point"), ("every: 1,5s\n", "found \"1,5s\"; write 1.5s with a point"),
        ])
    func decimalComma(yaml: String, message: String) {
        #expect(refusal(yaml).hasSuffix(message), "\(refusal(yaml))")
    }

    @Test(
        "What does not end is told where it begins, and nothing is told in the parser's words",
        arguments: [
            ("a: 1\non: \"abc\n", "s.yaml:2:5: a text in quotes does not end"),
            ("a: [1, 2\n", "s.yaml:1:4: a list in [ ]"),
            ("a: {on: 1\n", "s.yaml:1:4: a mapping in { }"), ("a: b: c\n", "s.yaml:1:5: a second \": \""),
            ("a: 1\non\n", "s.yaml:2:1: a key lacks its"), ("a: @x\n", "s.yaml:1:4: a text cannot begin with this"),
            ("a: - 1\n", "s.yaml:1:4: a list's \"- \" begins"), ("a: \"\\q\"\n", "an unknown escape in"),
        ])
    func structure(yaml: String, message: String) {
        #expect(refusal(yaml).contains(message), "\(refusal(yaml))")
    }
}
