import CBundle
import Events
import GPIO
import Sensors
import System

/// What the bundle says about source and lines.
extension Model {
    var lines: [LineSettings] {
        var lines: [LineSettings] = []
        for record in lineRecords { lines.append(LineSettings(record) { text($0) }) }
        return lines
    }

    /// How a camera is to be run for this model.
    func cameraSettings(_ options: Options) -> CameraSettings {
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
    var command: [Path] {
        guard let source = sourceRecord else { return [] }
        var arguments: [Path] = []
        for part in text(source.command).split(separator: 0, omittingEmptySubsequences: false).dropLast() {
            arguments.append(Path(part))
        }
        return arguments
    }

    /// Pixels that a frame must have, so that none of the model's is made up.
    private func needs(_ options: Options) -> CameraNeeds {
        var needs = CameraNeeds()
        guard let picture else { return needs }
        func sides(_ input: UInt32, _ part: UInt16) -> Int {
            (Int(input) * 65535 + Int(part) - 1) / max(Int(part), 1)
        }
        let (width, height) = (sides(picture.width, picture.crop.2), sides(picture.height, picture.crop.3))
        // As the frame lies in memory: on its side after a quarter turn.
        (needs.width, needs.height) = picture.orientation % 2 == 0 ? (width, height) : (height, width)
        needs.isGrey = picture.channels == 1
        let interval = options.frameInterval ?? (sensor.max_fps == 0 ? 0 : 1_000_000_000_000 / Int64(sensor.max_fps))
        if interval > 0 { needs.millihertz = max(1_000_000_000_000 / interval, 1) }
        return needs
    }
}
