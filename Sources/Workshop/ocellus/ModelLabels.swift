import Boards
import Compiler
import Importers

/// What a trained model says of itself beside the network. Its labels are taken where nobody gives others.
extension TrainedModel {
    /// The labels of an output's scores, where the metadata has as many as there are.
    /// - Returns: a note where it has some that are not taken.
    /// - Parameter classes: of a detector, instead of the output's scores.
    func labels(ofOutput index: Int, classes: Int? = nil) -> (labels: NamedLabels?, note: String?) {
        guard graph.outputs.indices.contains(index) else { return (nil, nil) }
        let scores = classes ?? graph[graph.outputs[index]].elementCount
        if let network, index == 0, !network.labels.isEmpty {
            return Self.named(network.labels, "names in the network", index, scores)
        }
        guard let metadata else { return (nil, nil) }
        if !metadata.names.isEmpty {
            return Self.named(metadata.names, "names in the model's metadata", index, scores)
        }
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

    /// Names of classes, where they are as many as an output's scores.
    private static func named(_ names: [String], _ origin: String, _ index: Int, _ scores: Int) -> (
        NamedLabels?, String?
    ) {
        do throws(ConfigurationError) {
            guard names.count == scores else {
                return (
                    nil,
                    "\(origin) are \(names.count) labels, but output \(index) has \(scores) scores, so they are not taken"
                )
            }
            let text = Array(names.joined(separator: "\n").utf8)
            let labels = try TextFile.labels(text, file: origin)
            return labels.count == scores ? (NamedLabels(labels, origin: origin), nil) : (nil, nil)
        } catch {
            return (nil, "\(origin) are not taken: \(error)")
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
        if let format = model.metadata?.facts["Image.BitmapPixelFormat"], format.hasPrefix("Bgr") {
            let isSaid = sensor.map { $0.input.colour == .bgr } ?? false
            if !isSaid {
                notes.append("the model takes blue before red, as its metadata says: give colour: bgr in a sensor file")
            }
        }
        if let sensor {
            // Its reader has taken them already.
            if sensor.labels.isEmpty {
                notes += [model.labels(ofOutput: sensor.output.index, classes: head?.classes).note].compactMap(\.self)
            }
        } else if labels == nil {
            let found = model.labels(ofOutput: 0, classes: head?.classes)
            modelLabels = found.labels
            if let note = found.note { notes.append(note) }
        }
        return notes
    }
}
