import Boards
import Foundation
import Importers

/// What a trained model says of itself beside the network, for `ocellus inspect`.
struct MetadataReport: Codable {
    struct LabelFile: Codable {
        var name: String
        /// How many labels it has; nil where it cannot be read.
        var labels: Int?
        /// Whether they are for values of elements and not for elements.
        var isOfValues: Bool
        /// Why it cannot be read.
        var problem: String?
    }

    /// An input or output.
    struct Port: Codable {
        var name: String
        /// What (value - mean) / std makes of a pixel value 0 to 255; empty: the model does not say.
        var mean: [Float]
        var std: [Float]
        var labelFiles: [LabelFile]
    }

    /// Texts that the model has of name, description, version, author and license.
    var texts: [String: String]
    var inputs: [Port]
    var outputs: [Port]
    /// Classes, by their numbers.
    var names: [String]
    /// What else the file says, by its own keys.
    var facts: [String: String]
    /// Why the metadata is not read.
    var problem: String?

    /// Nil: the model says nothing of itself.
    init?(_ model: TrainedModel) {
        guard model.metadata != nil || model.metadataProblem != nil else { return nil }
        let metadata = model.metadata
        texts = [
            "name": metadata?.name, "description": metadata?.description, "version": metadata?.version,
            "author": metadata?.author, "license": metadata?.license,
        ].compactMapValues { $0.flatMap { $0.isEmpty ? nil : $0 } }
        func ports(_ ports: [ModelMetadata.Port]?) -> [Port] {
            (ports ?? []).map { port in
                Port(
                    name: port.name, mean: port.normalization?.mean ?? [], std: port.normalization?.std ?? [],
                    labelFiles: port.labelFiles.map { LabelFile($0, of: model) })
            }
        }
        inputs = ports(metadata?.inputs)
        outputs = ports(metadata?.outputs)
        names = metadata?.names ?? []
        facts = metadata?.facts ?? [:]
        problem = model.metadataProblem
    }

    /// Rows of "Metadata".
    var lines: [String] {
        var table = Columns([.left, .left])
        for key in ["name", "description", "version", "author", "license"] {
            guard let text = texts[key] else { continue }
            let line = text.prefix { !$0.isNewline }.prefix(90)
            table.add([key, line.count < text.count ? line + " …" : text])
        }
        for (kind, ports) in [("input", inputs), ("output", outputs)] {
            for (index, port) in ports.enumerated() { table.add(["\(kind) \(index)", port.text]) }
        }
        for (key, value) in facts.sorted(by: { $0.key < $1.key }) { table.add([key, String(value.prefix(90))]) }
        if !names.isEmpty {
            let shown = names.prefix(8).joined(separator: ", ")
            table.add(["names", "\(Format.grouped(names.count)): \(shown)\(names.count > 8 ? ", …" : "")"])
        }
        if let problem { table.add(["not read", problem]) }
        return table.lines(indent: 2)
    }
}

extension MetadataReport.LabelFile {
    fileprivate init(_ file: ModelMetadata.LabelFile, of model: TrainedModel) {
        (name, isOfValues) = (file.name, file.isOfValues)
        do {
            let bytes = try ModelArchive.read(
                file.name, from: model.bytes, file: model.path, limit: TextFile.labelsLimit)
            labels = try TextFile.labels(bytes, file: file.name).count
        } catch let error as ImportError { problem = error.problem } catch { problem = "\(error)" }
    }

    fileprivate var text: String {
        let labels = labels.map { "\(Format.count($0, "label"))\(isOfValues ? " of values" : "")" }
        return "\(name): \(labels ?? problem ?? "")"
    }
}

extension MetadataReport.Port {
    /// "image, mean 127.5, std 127.5"
    fileprivate var text: String {
        func list(_ name: String, _ numbers: [Float]) -> String? {
            numbers.isEmpty ? nil : name + numbers.map { String(format: " %g", $0) }.joined()
        }
        let parts = [name.isEmpty ? nil : name, list("mean", mean), list("std", std)]
        return (parts.compactMap(\.self) + labelFiles.map(\.text)).joined(separator: ", ")
    }
}
