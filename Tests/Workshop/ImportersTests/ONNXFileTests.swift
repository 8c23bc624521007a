import Foundation
import Graph
import ONNXFormat
import SwiftProtobuf
import TestSupport
import Testing

@testable import Importers

/// What ONNX files hold beside the network, and what lies beside them.
@Suite struct ONNXFileTests {
    @Test("Names, task, stride and size are read from the metadata")
    func metadata() throws {
        var model = ONNXSample.classifier()
        #expect(ModelMetadata(model) == nil)
        let entries = [
            "names": #"{0: 'person', 1: "driver's cab", 2: 'caf\u00e9', 3: 'a, b: {c}'}"#, "task": "detect",
            "stride": "32",
            "imgsz": "[320, 320]", "author": "Ultralytics",
        ]
        model.metadataProps = entries.map { key, value in
            var entry = Onnx_StringStringEntryProto()
            (entry.key, entry.value) = (key, value)
            return entry
        }
        let metadata = try #require(ModelMetadata(model))
        #expect(metadata.names == ["person", "driver's cab", "café", "a, b: {c}"])
        #expect(metadata.facts == ["task": "detect", "stride": "32", "imgsz": "[320, 320]"])
        #expect(metadata.inputs.first?.normalization == .init(mean: [0], std: [255]))
    }

    @Test(
        "Names as Python and JSON print them",
        arguments: [
            ("['a', 'b']", ["a", "b"]), ("('a', \"b\",)", ["a", "b"]), (#"{"0": "a", "1": "b"}"#, ["a", "b"]),
            ("{1: 'b', 0: 'a'}", ["a", "b"]), (#"{0: 'it\'s', 1: 'b\\c'}"#, ["it's", "b\\c"]), ("{1: 'a'}", nil),
            ("{0: 'a'", nil), ("{0 'a'}", nil), ("{0: a}", nil), ("['a' 'b']", nil), ("", nil), ("{}", nil),
            ("{0: 'a'} x", nil), (#"['\u12']"#, nil), (#"['\ud800']"#, nil), ("['a\\", nil),
            ("{99999999999: 'a'}", nil),
        ] as [(String, [String]?)])
    func names(_ text: String, _ expected: [String]?) {
        #expect(PythonLiteral(text)?.names == expected)
    }
}
