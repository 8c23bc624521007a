import Boards
import Compiler
import Importers

/// What a trained model says of itself beside the network. Its labels are taken where nobody gives others.
extension TrainedModel {
    /// The labels of an output's scores, where the metadata has as many as there are.
    /// - Returns: a note where it has some that are not taken.
    func labels(ofOutput index: Int) -> (labels: NamedLabels?, note: String?) {
        if let network { return labels(of: network, ofOutput: index) }
        guard let metadata, graph.outputs.indices.contains(index) else { return (nil, nil) }
        let scores = graph[graph.outputs[index]].elementCount
        let own = metadata.outputs.indices.contains(index) ? metadata.outputs[index].labelFiles : []
        // Classes that another output gives by their numbers are often the scores of this one.
        let values = metadata.outputs.flatMap(\.labelFiles).filter(\.isOfValues)
        var note: String?
        for file in own.filter({ !$0.isOfValues }) + values {
            let origin = "\(file.name) in the model's metadata"
            do {
                let bytes = try ModelArchive.read(file.name, from: self.bytes, file: path, limit: TextFile.labelsLimit)
                let labels = try TextFile.labels(bytes, file: file.name)
                if labels.count == scores { return (NamedLabels(labels, origin: origin), nil) }
                note =
                    note
                    ?? "\(origin) has \(labels.count) labels, but output \(index) has \(scores) scores, so they are not taken"
                    + LabelList.hint(scores: scores)
            } catch let error as ImportError {
                note = note ?? "labels in the model's metadata are not taken: \(error.problem)"
            } catch {
                note = note ?? "labels in the model's metadata are not taken: \(error)"
            }
        }
        return (nil, note)
    }

    private func labels(of network: JetpacNetwork, ofOutput index: Int) -> (labels: NamedLabels?, note: String?) {
        guard index == 0, !network.labels.isEmpty else { return (nil, nil) }
        let scores = graph[graph.outputs[0]].elementCount
        do {
            let text = network.labels.joined(separator: "\n")
            let labels = try TextFile.labels(Array(text.utf8), file: fileName)
            if labels.count == scores { return (NamedLabels(labels, origin: "the network"), nil) }
            return (
                nil,
                "the network has \(labels.count) labels, but \(scores) scores, so they are not taken"
                    + LabelList.hint(scores: scores)
            )
        } catch {
            return (nil, "labels in the network are not taken: \(error)")
        }
    }

    /// The part of a picture that the model is for where nobody says otherwise. Jetpac's engine stretched pictures to a square, of
    /// which networks see the middle.
    var advisedCrop: SensorFile.Crop {
        guard let network else { return .all }
        let side = Double(network.pictureSide)
        let (margin, part) = (
            Double((network.pictureSide - JetpacNetwork.windowSide) / 2) / side, Double(JetpacNetwork.windowSide) / side
        )
        return SensorFile.Crop(x: margin, y: margin, width: part, height: part)
    }

    /// What the model says of the pixels of its first input.
    var advisedPixels: SensorFile.PixelScale? {
        if network != nil { return .normalized(mean: [0], std: [1]) }
        return metadata?.inputs.first?.normalization.map {
            .normalized(mean: $0.mean.map { Double($0) }, std: $0.std.map { Double($0) })
        }
    }
}

extension Compiler.Options {
    /// Takes what the model says of itself for what nobody else says.
    /// - Returns: what to say of that.
    mutating func take(from model: TrainedModel) -> [String] {
        var notes = model.metadataProblem.map { ["the model's metadata is not read: \($0)"] } ?? []
        advisedPixels = model.advisedPixels
        crop = model.advisedCrop
        if let sensor {
            // Its reader has taken them already.
            if sensor.labels.isEmpty, let note = model.labels(ofOutput: sensor.output.index).note { notes.append(note) }
        } else if labels == nil {
            let found = model.labels(ofOutput: 0)
            modelLabels = found.labels
            if let note = found.note { notes.append(note) }
        }
        return notes
    }
}
