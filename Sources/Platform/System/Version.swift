/// The product's version: that of all its programs, and in every bundle that `ocellus` makes.
public let productVersion: StaticString = "0.2.0"

/// "ocellusd 0.2.0", as UTF-8: what a program says of itself.
public func programVersion(_ program: StaticString) -> [UInt8] {
    var line: [UInt8] = []
    program.withUTF8Buffer { line.append(contentsOf: $0) }
    line.append(UInt8(ascii: " "))
    productVersion.withUTF8Buffer { line.append(contentsOf: $0) }
    return line
}
