import Link

/// The broker's address.
enum BrokerAddress {
    /// `mqtt://host`, `mqtts://host:8883`, `mqtt://[fe80::1]:1883`.
    static func parse(_ text: String, into settings: inout Settings) throws(Wrong) {
        func wrong(_ reason: String) -> Wrong { Wrong(text: "--broker '\(text)': \(reason)") }
        let rest: Substring
        if text.hasPrefix("mqtt://") {
            rest = text.dropFirst(7)
        } else if text.hasPrefix("mqtts://") {
            rest = text.dropFirst(8)
            settings.isSecure = true
        } else {
            throw wrong("an address begins with mqtt:// or mqtts://")
        }
        guard !rest.contains("@") else { throw wrong("the user is given by --user, the password by --password-file") }
        var host = rest
        var port = settings.isSecure ? 8883 : 1883
        let isBracketed = rest.hasPrefix("[")
        if isBracketed {
            guard let end = rest.firstIndex(of: "]") else { throw wrong("] is missing") }
            host = rest[...end]
        } else if let colon = rest.firstIndex(of: ":") {
            host = rest[..<colon]
        }
        let behind = rest[host.endIndex...]
        if !behind.isEmpty {
            guard behind.hasPrefix(":"), behind.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber }),
                let number = Int(behind.dropFirst()), (1...65535).contains(number)
            else { throw wrong("a port is a number from 1 to 65535, and nothing comes behind it") }
            port = number
        }
        let allowed = host.utf8.allSatisfy { byte in
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
            case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":"), UInt8(ascii: "%"): isBracketed
            default: false
            }
        }
        guard allowed, host.utf8.count > (isBracketed ? 2 : 0), host.utf8.count <= 255 else {
            throw wrong("there is no such host's name")
        }
        settings.brokerText = Array(text.utf8)
        settings.brokerPlace = Array("\(host):\(port)".utf8)
    }
}
