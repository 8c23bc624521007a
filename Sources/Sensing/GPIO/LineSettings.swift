import CBundle
import System

/// One GPIO line, and what it is for: an `oc_line` with its texts.
public struct LineSettings: Equatable, Sendable {
    /// What an input does besides being told of.
    public enum Capture: Equatable, Sendable {
        /// Frames while the line is active, and `hold` longer.
        case active(hold: Int64)
        /// So many frames each time that the line becomes active.
        case burst(frames: Int)
    }

    /// When an output pulses.
    public enum Occasion: Equatable, Sendable {
        case enter, leave, update
    }

    public enum Use: Equatable, Sendable {
        /// An input whose changes are told.
        case report
        case trigger(Capture)
        /// An input that, while active, keeps frames from being looked at.
        case inhibit
        /// An output that is active while an object is there.
        case follow(object: [UInt8])
        /// An output that is active for `length` at a change of an object.
        case pulse(object: [UInt8], Occasion, length: Int64)
        /// An output that blinks while the source gives no frames, for `length` on and `length` off.
        case fault(length: Int64)

        var isOutput: Bool {
            switch self {
            case .report, .trigger, .inhibit: false
            case .follow, .pulse, .fault: true
            }
        }
    }

    public enum Bias: UInt8, Sendable { case asIs, none, pullUp, pullDown }

    /// Where it is.
    public enum Place: Equatable, Sendable {
        /// By the line's own name, on any chip, or on the one with this name or label.
        case name([UInt8], chip: [UInt8])
        /// By its chip's name or label, and its number there.
        case offset(UInt32, chip: [UInt8])
    }

    /// In events.
    public let name: [UInt8]
    public let place: Place
    public let use: Use
    public var isActiveLow = false
    public var bias = Bias.asIs
    /// Nanoseconds that an input must stay before it counts.
    public var debounce: Int64 = 0
    /// Nanoseconds that an output stays active at least.
    public var leastOn: Int64 = 0
    /// As many of its object must be there that an output takes it for present.
    public var leastCount = 1

    public init(name: [UInt8], _ place: Place, _ use: Use) {
        self.name = name
        self.place = place
        self.use = use
    }
}

extension LineSettings {
    /// - Parameter text: of a bundle that has been verified.
    public init(_ record: oc_line, text: (oc_text) -> UnsafeRawBufferPointer) {
        let chip = Array(text(record.chip))
        let line = Array(text(record.line))
        let object = Array(text(record.object))
        let time = Int64(record.time) * 1_000_000
        let use: Use =
            switch oc_line_use(rawValue: UInt32(record.use)) {
            case OC_LINE_TRIGGER_ACTIVE: .trigger(.active(hold: time))
            case OC_LINE_TRIGGER_BURST: .trigger(.burst(frames: Int(record.frames)))
            case OC_LINE_INHIBIT: .inhibit
            case OC_LINE_FOLLOW: .follow(object: object)
            case OC_LINE_PULSE_ENTER: .pulse(object: object, .enter, length: time)
            case OC_LINE_PULSE_LEAVE: .pulse(object: object, .leave, length: time)
            case OC_LINE_PULSE_UPDATE: .pulse(object: object, .update, length: time)
            case OC_LINE_FAULT: .fault(length: time)
            default: .report
            }
        self.init(
            name: Array(text(record.name)),
            line.isEmpty ? .offset(record.offset, chip: chip) : .name(line, chip: chip), use)
        isActiveLow = record.active_low != 0
        bias = Bias(rawValue: record.bias) ?? .asIs
        debounce = Int64(record.debounce) * 1_000_000
        leastOn = Int64(record.least_on) * 1_000_000
        leastCount = max(Int(record.least_count), 1)
    }
}
