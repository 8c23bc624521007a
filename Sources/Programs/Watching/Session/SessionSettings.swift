import Bundle
import CBundle
import Events
import GPIO
import Recording
import Sensors
import System

/// What a session opens, by bundle and command line. Where it is equal, what is open goes on.
public struct SessionSettings {
    let source: SourceSettings
    let lines: [LineSettings]
    /// Nil: nothing is recorded.
    let record: Record?

    struct Record: Equatable {
        let settings: RecordSettings
        let facts: RecordFacts
        let permit: PixelPermit?

        static func == (one: Record, other: Record) -> Bool {
            one.settings == other.settings && one.facts.isSame(as: other.facts)
                && (one.permit == nil) == (other.permit == nil)
        }
    }

    public init(_ model: Model, _ options: Options) throws(SessionError) {
        do throws(SourceError) { source = try model.sourceSettings(options) } catch {
            throw SessionError(message: error.message, code: .source)
        }
        lines = model.lines
        record = model.recordSettings(options).map {
            Record(settings: $0, facts: model.recordFacts, permit: model.pixelPermit)
        }
    }
}

extension Model {
    fileprivate var lines: [LineSettings] {
        var lines: [LineSettings] = []
        for record in lineRecords { lines.append(LineSettings(record) { text($0) }) }
        return lines
    }

    /// The command line's source, or else the bundle's.
    fileprivate func sourceSettings(_ options: Options) throws(SourceError) -> SourceSettings {
        var settings = SourceSettings(options.sources, options.source)
        settings.options.camera = cameraSettings(options)
        settings.options.fetched = FetchedCamera.ofEnvironment
        let text = text(sensor.source)
        if settings.items.isEmpty, !text.isEmpty {
            settings.items = [try SourceItem(parsing: Array(text))]
            settings.options.command = command
        }
        return settings
    }

    fileprivate func recordSettings(_ options: Options) -> RecordSettings? {
        guard options.records else { return nil }
        var folder = options.record
        if folder == nil, let record, record.folder.length > 0 { folder = Path(text(record.folder)) }
        guard let folder else { return nil }
        var settings = record.map { RecordSettings(folder: folder, $0) } ?? RecordSettings(folder: folder)
        if let budget = options.recordBudget { settings.budget = budget }
        if let frames = options.recordFrames { (settings.before, settings.after) = frames }
        return settings
    }

    /// How large pictures are for whoever asks for one: as those of records, within what any board has memory for.
    var pictureSettings: RecordSettings {
        var settings = record.map { RecordSettings(folder: Path([]), $0) } ?? RecordSettings(folder: Path([]))
        settings.side = min(settings.side, 1024)
        return settings
    }

    /// How a camera is to be run for this model.
    private func cameraSettings(_ options: Options) -> CameraSettings {
        var settings = CameraSettings()
        settings.needs = needs(options)
        for control in controls {
            settings.controls.append(
                CameraSettings.Control(name: Array(text(control.name)), value: Array(text(control.value))))
        }
        guard let source = sourceRecord else { return settings }
        settings.stall = Int64(source.stall) * 1_000_000
        settings.blind = Int64(source.blind) * 1_000_000
        if source.width > 0 { settings.needs.size = (Int(source.width), Int(source.height)) }
        settings.needs.format = Array(text(source.format))
        if source.fps > 0 { settings.needs.millihertz = Int64(source.fps) }
        return settings
    }

    /// The program that writes the frames, and its arguments.
    private var command: [Path] {
        guard let source = sourceRecord else { return [] }
        var arguments: [Path] = []
        for part in text(source.command).split(separator: 0, omittingEmptySubsequences: false).dropLast() {
            arguments.append(Path(part))
        }
        return arguments
    }

    /// Pixels that a frame must have, so that none of the model's is made up in any part of it that the model sees.
    private func needs(_ options: Options) -> CameraNeeds {
        var needs = CameraNeeds()
        guard let picture else { return needs }
        func side(_ input: UInt32, _ part: UInt16) -> Int {
            (Int(input) * 65535 + Int(part) - 1) / max(Int(part), 1)
        }
        var (width, height) = (1, 1)
        for part in parts {
            width = max(width, side(picture.width, part.width))
            height = max(height, side(picture.height, part.height))
        }
        // As the frame lies in memory: on its side after a quarter turn.
        (needs.width, needs.height) = picture.orientation % 2 == 0 ? (width, height) : (height, width)
        needs.isGrey = picture.channels == 1
        let interval = options.frameInterval ?? (sensor.max_fps == 0 ? 0 : 1_000_000_000_000 / Int64(sensor.max_fps))
        if interval > 0 { needs.millihertz = max(1_000_000_000_000 / interval, 1) }
        return needs
    }
}
