import CV4L2
import System

/// All cameras in words, for `--list-cameras`.
public enum CameraListing {
    /// Writes line by line.
    /// - Returns: whether there is a camera that frames can be taken from.
    public static func write(_ line: (String) -> Void) -> Bool {
        var found = false
        var isEmpty = true
        for path in CameraFinder.nodes(in: Path("/dev".utf8)) {
            do throws(CameraError) {
                let camera = try Camera(path)
                guard camera.identity.captures else { continue }
                isEmpty = false
                line(
                    "\(path.description)  \(string(camera.identity.card))  camera:\(string(camera.identity.bus))  "
                        + "driver \(string(camera.identity.driver))")
                if let hint = CameraFinder.pipe(camera.identity) {
                    line("  \(hint)")
                    continue
                }
                found = true
                writeModes(camera, line)
                writeControls(camera, line)
            } catch {
                isEmpty = false
                line("\(path.description)  \(error.message)")
            }
        }
        if isEmpty { line("no cameras: there is no /dev/video*") }
        return found
    }

    private static func writeModes(_ camera: borrowing Camera, _ line: (String) -> Void) {
        line("  modes (format, size, frames/s):")
        for mode in camera.modes(CameraNeeds().candidates) {
            var rates = ""
            for rate in mode.rates {
                rates += " " + CameraChoice.text(rate.fastest)
                if rate.slowest != rate.fastest { rates += "-" + CameraChoice.text(rate.slowest) }
            }
            let isUsable = CameraCost(mode, CameraNeeds()) != nil
            line(
                "    \(mode.name) \(rates)\(mode.isEmulated ? "  converted" : "")\(isUsable ? "" : "  cannot be used")")
        }
    }

    private static func writeControls(_ camera: borrowing Camera, _ line: (String) -> Void) {
        let controls = camera.controls
        if !controls.isEmpty { line("  controls:") }
        for control in controls {
            let record = control.record
            var text = "    \(string(control.name))  "
            switch record.kind {
            case OC_CONTROL_SWITCH.rawValue: text += "on, off"
            case OC_CONTROL_BUTTON.rawValue: text += "1 presses it"
            case OC_CONTROL_MENU.rawValue, OC_CONTROL_NUMBERS.rawValue:
                for entry in camera.menu(of: control) {
                    text += entry.words.isEmpty ? "\(entry.number), " : "\(entry.number) = \(string(entry.words)), "
                }
                text += "by number or words"
            default: text += "\(record.least) to \(record.most)" + (record.step > 1 ? " by \(record.step)" : "")
            }
            if record.kind != OC_CONTROL_BUTTON.rawValue, let value = camera.value(of: control) {
                text += "; now \(value), default \(record.initial)"
            }
            line(text + (record.read_only != 0 ? ", read only" : ""))
        }
    }

    private static func string(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
