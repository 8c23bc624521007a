import Boards

extension Compare {
    /// One of the two files, and how its pictures are prepared.
    final class Side {
        private let path: String
        private let subject: Subject
        private(set) var notes: [String] = []

        init(_ path: String, _ size: PictureSize?) throws(Failure) {
            self.path = path
            // A size is for whichever model leaves its own open.
            if let size, let sized = try? Subject(path: path, size: size) {
                subject = sized
            } else {
                subject = try Subject(path: path)
            }
        }

        /// Whether it is a model of which no bundle or sensor file says what a pixel means.
        var needsPixels: Bool {
            switch subject {
            case .bundle: false
            case .sensor(let sensor, _, let model): model.graph.level == .real && sensor.input.pixels == .raw
            case .model: true
            }
        }

        /// What the file itself says that a pixel means; a bundle says it when it is open.
        var ownPixels: SensorFile.PixelScale? {
            switch subject {
            case .bundle: nil
            case .sensor(let sensor, _, let model):
                sensor.input.pixels == .raw ? model.advisedPixels : sensor.input.pixels
            case .model(let model): model.advisedPixels
            }
        }

        /// The model, where nobody else has to say what a pixel means.
        func opened(_ progress: Progress) throws(Failure) -> (any ComparedModel)? {
            needsPixels ? nil : try opened(.raw, progress)
        }

        /// - Parameters:
        ///   - given: on the command line.
        ///   - other: what the other file says.
        func opened(
            given: SensorFile.PixelScale?, other: SensorFile.PixelScale?, _ progress: Progress
        ) throws(Failure) -> any ComparedModel {
            if let known = given ?? ownPixels { return try opened(known, progress) }
            if let other {
                notes.append("\(path): does not say what a pixel means; it is taken to be as to the other model")
                return try opened(other, progress)
            }
            if case .model(let model) = subject, model.graph.level == .quantized {
                notes.append("\(path): does not say what a pixel means; pixels are its input's elements as they are")
                return try opened(.raw, progress)
            }
            if case .model(let model) = subject, let usual = try ModelDetector(model)?.pixels {
                notes.append("\(path): does not say what a pixel means; it is taken to be as to such detectors")
                return try opened(usual, progress)
            }
            notes.append("\(path): what a pixel means is a guess: 0 to 1; give --mean and --std")
            return try opened(.normalized(mean: [0], std: [255]), progress)
        }

        private func opened(_ pixels: SensorFile.PixelScale, _ progress: Progress) throws(Failure) -> any ComparedModel
        {
            func engine(_ format: ModelFormat?) throws(Failure) -> any ComparedModel {
                try EngineComparedModel(
                    Runnable(subject, path: path, kernels: nil, threads: nil, pixels: pixels, progress: progress),
                    format: format)
            }
            switch subject {
            case .bundle: return try engine(nil)
            case .model(let model):
                guard model.graph.level == .real else { return try engine(model.format) }
                var input = SensorFile.Input()
                input.crop = model.advisedCrop
                let detector = try ModelDetector(model)
                detector?.advise(&input)
                return try RealComparedModel(model, about: path, input, pixels: pixels, head: detector?.head(for: nil))
            case .sensor(let sensor, _, let model):
                guard model.graph.level == .real else { return try engine(model.format) }
                let known = sensor.input.pixels == .raw ? pixels : sensor.input.pixels
                let head = try ModelDetector(model, sensor)?.head(for: sensor)
                return try RealComparedModel(model, about: path, sensor.input, pixels: known, head: head)
            }
        }
    }
}
