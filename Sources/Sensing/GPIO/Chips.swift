import CGPIO
import System

/// Why a line cannot be used now.
struct LineError: Error {
    let message: String

    init(_ message: String) { self.message = message }

    init(_ what: String, _ errno: Errno) { message = "\(what): \(LineError(errno).message)" }

    init(_ errno: Errno) {
        switch errno {
        case .busy: message = "another program or driver uses the line"
        case .noAccess, .notPermitted: message = "no permission; add this user to the group gpio"
        case .noDevice, .noDeviceOrAddress: message = "the chip is gone"
        default: message = errno.description
        }
    }
}

/// The chips of this machine. Their numbers change from start to start; labels and line names stay.
enum Chips {
    /// Where a line is now.
    static func find(_ place: LineSettings.Place, devices: Path) throws(LineError) -> (chip: Path, offset: UInt32) {
        let wanted: [UInt8]
        switch place {
        case .name(_, let chip), .offset(_, let chip): wanted = chip
        }
        var seen = 0
        var refusal: LineError?
        for path in paths(devices) {
            var chip = oc_gpio_chip()
            let result = path.withCString { oc_gpio().pointee.chip($0, &chip) }
            guard result >= 0 else {
                refusal = LineError(path.description, Errno(0 &- result))
                continue
            }
            guard wanted.isEmpty || text(chip.name) == wanted || text(chip.label) == wanted else { continue }
            seen += 1
            switch place {
            case .offset(let offset, _):
                guard offset < chip.lines else {
                    throw LineError("\(path.description) has lines 0 to \(Int64(chip.lines) - 1), not \(offset)")
                }
                return (path, offset)
            case .name(let name, _):
                let offset = (name + [0]).withUnsafeBytes { name in
                    path.withCString { path in
                        oc_gpio().pointee.find(path, name.baseAddress?.assumingMemoryBound(to: CChar.self))
                    }
                }
                if offset >= 0 { return (path, UInt32(offset)) }
            }
        }
        if seen == 0, let refusal { throw refusal }
        switch place {
        case .offset: throw LineError("no GPIO chip is called \(String(decoding: wanted, as: UTF8.self))")
        case .name(let name, _): throw LineError("no GPIO line is called \(String(decoding: name, as: UTF8.self))")
        }
    }

    private static func paths(_ devices: Path) -> [Path] {
        guard let names = try? Folder.names(in: devices) else { return [] }
        return names.filter { $0.begins(with: "gpiochip") }.map { devices.appending($0) }
    }

    private static func text<T>(_ array: T) -> [UInt8] {
        withUnsafeBytes(of: array) { Array($0.prefix { $0 != 0 }) }
    }
}
