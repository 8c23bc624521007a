import CV4L2
import System

/// A setting of a camera, such as brightness.
struct CameraControl {
    let record: oc_camera_control

    /// In small letters and digits with `_` between words, as v4l2-ctl writes names: "White Balance, Automatic" is
    /// `white_balance_automatic`.
    var name: [UInt8] {
        var name: [UInt8] = []
        for byte in text(of: record.name) {
            let small = byte | 0x20
            if UInt8(ascii: "a")...UInt8(ascii: "z") ~= small || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte {
                name.append(UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte ? byte : small)
            } else if let last = name.last, last != UInt8(ascii: "_") {
                name.append(UInt8(ascii: "_"))
            }
        }
        if name.last == UInt8(ascii: "_") { name.removeLast() }
        return name
    }

    var isMenu: Bool { record.kind == OC_CONTROL_MENU.rawValue || record.kind == OC_CONTROL_NUMBERS.rawValue }
}

extension Camera {
    /// All that the driver lists.
    var controls: [CameraControl] {
        var controls: [CameraControl] = []
        var record = oc_camera_control()
        var id: UInt32 = 0
        while controls.count < 512, oc_v4l2_next_control(raw, id, &record) >= 0 {
            // A driver that answers with the same one again has no more.
            if record.id == id { break }
            id = record.id
            if record.disabled == 0, record.kind != OC_CONTROL_OTHER.rawValue {
                controls.append(CameraControl(record: record))
            }
        }
        return controls
    }

    func value(of control: CameraControl) -> Int64? {
        var value: Int64 = 0
        return oc_v4l2_get_control(raw, control.record.id, &value) >= 0 ? value : nil
    }

    /// The words of a menu's entries with their numbers.
    func menu(of control: CameraControl) -> [(number: Int64, words: [UInt8])] {
        guard control.isMenu, 0...Int64(Int32.max) ~= control.record.least else { return [] }
        var entries: [(number: Int64, words: [UInt8])] = []
        for number in control.record
            .least...max(min(control.record.most, control.record.least + 255), control.record.least)
        {
            var words = [CChar](repeating: 0, count: 32)
            guard oc_v4l2_menu_text(raw, control.record.id, UInt32(number), &words) >= 0 else { continue }
            let isNumber = control.record.kind == OC_CONTROL_NUMBERS.rawValue
            entries.append((number, isNumber ? [] : words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }))
        }
        return entries
    }

    /// Sets a control by name.
    /// - Returns: why it could not be set.
    func set(_ wish: CameraSettings.Control) -> String? {
        let name = String(decoding: wish.name, as: UTF8.self)
        let text = String(decoding: wish.value, as: UTF8.self)
        var found: CameraControl?
        for control in controls where control.name == wish.name { found = control }
        guard let found else { return "the camera has no control \(name); see --list-cameras" }
        guard let value = value(wish.value, of: found) else {
            return "the control \(name) cannot be \(text); see --list-cameras"
        }
        let result = oc_v4l2_set_control(raw, found.record.id, value)
        guard result < 0 else { return nil }
        return "the control \(name) could not be set to \(text): \(Errno(0 &- result).description)"
    }

    private func value(_ text: [UInt8], of control: CameraControl) -> Int64? {
        if text.isEqual(to: "on") || text.isEqual(to: "true") { return 1 }
        if text.isEqual(to: "off") || text.isEqual(to: "false") { return 0 }
        let isNegative = text.first == UInt8(ascii: "-")
        if let number = Int64(decimal: isNegative ? text.dropFirst() : text[...]) {
            return isNegative ? -number : number
        }
        for entry in menu(of: control) where entry.words == text { return entry.number }
        return nil
    }
}
