import Graph
import ONNXFormat

/// One node of an ONNX graph: its attributes, and errors that name it.
struct ONNXNode {
    let proto: Onnx_NodeProto
    let index: Int
    let file: String

    /// What the file calls it, where `proto` is a part of what that does.
    var shownType: String?

    var type: String { proto.opType }
    var origin: String {
        let type = shownType ?? type
        return proto.name.isEmpty ? "node \(index) (\(type))" : "node \(index) (\(type) '\(proto.name)')"
    }

    func refuse(_ problem: String, _ remedy: String = "export the model again without it") -> ImportError {
        ImportError(file: file, problem: "\(origin): \(problem)", remedy: remedy)
    }

    func damaged(_ problem: String) -> ImportError {
        refuse(problem, "the file is damaged or not an ONNX model: copy or export it again")
    }

    private func attribute(_ name: String) -> Onnx_AttributeProto? { proto.attribute.first { $0.name == name } }

    func has(_ name: String) -> Bool { attribute(name) != nil }

    func whole(_ name: String, default value: Int) throws(ImportError) -> Int {
        guard let found = attribute(name) else { return value }
        guard let whole = Int(exactly: found.i) else { throw damaged("attribute \(name) is out of range") }
        return whole
    }

    func wholes(_ name: String) -> [Int]? { attribute(name).map { $0.ints.map { Int($0) } } }

    func real(_ name: String, default value: Float) -> Float { attribute(name)?.f ?? value }

    func text(_ name: String, default value: String) -> String {
        attribute(name).map { String(decoding: $0.s, as: UTF8.self) } ?? value
    }

    func tensor(_ name: String) -> Onnx_TensorProto? { attribute(name)?.t }
    func reals(_ name: String) -> [Float]? { attribute(name)?.floats }
}
