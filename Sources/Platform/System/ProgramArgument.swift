import CLinux

/// What is wrong with a command line.
public struct UsageError: Error {
    public let message: String

    public init(message: String) { self.message = message }
}

/// One argument: its bytes, as the system gave them.
public struct ProgramArgument {
    public let bytes: [UInt8]

    public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    /// For messages.
    public var text: String {
        @inline(never) get { String(decoding: bytes, as: UTF8.self) }
    }

    /// "-" alone is standard input.
    public var isOption: Bool { bytes.count > 1 && bytes[0] == UInt8(ascii: "-") }

    public func names(_ option: StaticString) -> Bool { option.withUTF8Buffer { bytes.elementsEqual($0) } }

    public func choice<Value>(
        _ choices: (StaticString, Value)..., of option: ProgramArgument
    ) throws(UsageError) -> Value {
        var names = ""
        for (index, choice) in choices.enumerated() {
            if self.names(choice.0) { return choice.1 }
            names += index == 0 ? "" : index == choices.count - 1 ? " or " : ", "
            names += choice.0.text
        }
        throw UsageError(message: "\(option.text) takes \(names), not \(text)")
    }

    public func number(_ range: ClosedRange<Double>, of option: ProgramArgument) throws(UsageError) -> Double {
        var value = 0.0
        let used = bytes.withUnsafeBytes { oc_parse_double($0.baseAddress, $0.count, &value) }
        guard used > 0, used == bytes.count, range.contains(value) else {
            throw UsageError(
                message: "\(option.text) takes a number from \(Int(range.lowerBound)) to "
                    + "\(Int(range.upperBound)), not \(text)")
        }
        return value
    }
}

extension ProgramArgument {
    /// A whole number, maybe followed by K, M, G or T for powers of 1024.
    public func size(of option: ProgramArgument) throws(UsageError) -> Int64 {
        var digits = bytes[...]
        var shift: Int64 = 0
        if digits.suffix(2).isEqual(to: "iB") { digits = digits.dropLast(2) }
        if let unit = digits.last, let power = [75, 77, 71, 84].firstIndex(of: unit) {
            shift = Int64(power + 1) * 10
            digits = digits.dropLast()
        }
        guard let number = Int64(decimal: digits), number > 0, number <= (1 << 50) >> shift else {
            throw UsageError(message: "\(option.text) takes a size, such as 500M or 2GiB, not \(text)")
        }
        return number << shift
    }

    /// Octal digits, as chmod takes them.
    public func fileMode(of option: ProgramArgument) throws(UsageError) -> UInt32 {
        var mode: UInt32 = 0
        for byte in bytes {
            guard 48...55 ~= byte, mode <= 0o777 else {
                mode = .max
                break
            }
            mode = mode << 3 | UInt32(byte - 48)
        }
        guard !bytes.isEmpty, mode <= 0o777 else {
            throw UsageError(message: "\(option.text) takes octal digits up to 777, such as 0660, not \(text)")
        }
        return mode
    }
}

/// Walks the command line. `--name=value` counts as two arguments.
public struct ArgumentReader {
    private let arguments: [ProgramArgument]
    private var index = 0
    private var attached: ProgramArgument?  // the part behind "="

    /// This process's.
    public init() {
        var arguments: [ProgramArgument] = []
        while let argument = ArgumentReader.argument(Int32(arguments.count + 1)) { arguments.append(argument) }
        self.init(arguments)
    }

    public init(_ arguments: [ProgramArgument]) { self.arguments = arguments }

    public mutating func next() -> ProgramArgument? {
        if let value = attached {
            attached = nil
            return value
        }
        guard index < arguments.count else { return nil }
        let argument = arguments[index]
        index += 1
        guard argument.bytes.begins(with: "--"),
            let equals = argument.bytes.firstIndex(of: UInt8(ascii: "="))
        else { return argument }
        attached = ProgramArgument(argument.bytes[(equals + 1)...])
        return ProgramArgument(argument.bytes[..<equals])
    }

    /// The value that an option cannot do without.
    public mutating func value(of option: ProgramArgument) throws(UsageError) -> ProgramArgument {
        if attached == nil, index < arguments.count, arguments[index].isOption {
            throw UsageError(message: "\(option.text) needs a value, found \(arguments[index].text)")
        }
        guard let value = next(), !value.bytes.isEmpty else {
            throw UsageError(message: "\(option.text) needs a value")
        }
        return value
    }

    /// One more value of the option before, if the next argument is no option.
    public mutating func nextValue() -> ProgramArgument? {
        guard index < arguments.count, !arguments[index].isOption else { return nil }
        index += 1
        return arguments[index - 1]
    }

    private static func argument(_ index: Int32) -> ProgramArgument? {
        guard var byte = oc_argument(index) else { return nil }
        var bytes: [UInt8] = []
        while byte.pointee != 0 {
            bytes.append(UInt8(bitPattern: byte.pointee))
            byte += 1
        }
        return ProgramArgument(bytes)
    }
}
