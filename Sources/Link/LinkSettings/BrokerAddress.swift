import System

/// The broker's address.
enum BrokerAddress {
    /// `mqtt://host`, `mqtts://host:8883`, `mqtt://[fe80::1]:1883`.
    static func parse(_ value: ProgramArgument, into settings: inout Settings) throws(UsageError) {
        func wrong(_ reason: StaticString) -> UsageError {
            UsageError(message: "--broker '\(value.text)': \(reason.text)")
        }
        settings.isSecure = value.bytes.begins(with: "mqtts://")
        guard settings.isSecure || value.bytes.begins(with: "mqtt://") else {
            throw wrong("an address begins with mqtt:// or mqtts://")
        }
        let rest = Array(value.bytes[(settings.isSecure ? 8 : 7)...])
        guard !rest.contains(UInt8(ascii: "@")) else {
            // It may hold a password.
            throw UsageError(
                message: "--broker: an address has no @: the user is given by --user, the password by --password-file")
        }
        let isBracketed = rest.first == UInt8(ascii: "[")
        var end = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.count
        if isBracketed {
            guard let bracket = rest.firstIndex(of: UInt8(ascii: "]")) else { throw wrong("] is missing") }
            end = bracket + 1
        }
        let host = rest[..<end]
        var port: Int64 = settings.isSecure ? 8883 : 1883
        if end < rest.count {
            guard rest[end] == UInt8(ascii: ":"), let number = Int64(decimal: rest[(end + 1)...]),
                1 <= number, number <= 65535
            else { throw wrong("a port is a number from 1 to 65535, and nothing comes behind it") }
            port = number
        }
        guard host.count > (isBracketed ? 2 : 0), host.count <= 255, isName(host, isBracketed: isBracketed) else {
            throw wrong("there is no such host's name")
        }
        settings.brokerText = value.bytes
        settings.brokerPlace = host + Array(":\(port)".utf8)
    }

    private static func isName(_ host: ArraySlice<UInt8>, isBracketed: Bool) -> Bool {
        for byte in host {
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): break
            case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":"), UInt8(ascii: "%"):
                guard isBracketed else { return false }
            default: return false
            }
        }
        return true
    }
}
