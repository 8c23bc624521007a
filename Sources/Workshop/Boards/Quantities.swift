extension Duration {
    /// A number followed by `ms`, `s`, `m` or `h`, from 0 to 24 days (as 32-bit milliseconds allow).
    init?(quantity text: String) {
        guard let (number, unit) = splitQuantity(text),
            let factor = ["ms": 1.0, "s": 1e3, "m": 60e3, "h": 3600e3][unit], number * factor <= 24 * 86_400_000
        else { return nil }
        self = .milliseconds(Int64((number * factor).rounded()))
    }

    /// Whole milliseconds, rounded towards zero.
    public var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

/// A number followed by `B`, `KiB`, `MiB`, `GiB` or `TiB`, or by `K`, `M`, `G` or `T` for the same powers of 1024: 1 byte to
/// 1 TiB, a whole number of bytes.
public func parseBytes(_ text: String) -> Int? {
    guard let (number, unit) = splitQuantity(text),
        let power = ["B", "K", "M", "G", "T"].firstIndex(of: unit.prefix(1)),
        unit.count == 1 || power > 0 && unit.dropFirst() == "iB"
    else { return nil }
    let factor = Double(1 << (10 * power))
    let bytes = number * factor
    guard bytes >= 1, bytes <= 1_099_511_627_776, bytes == bytes.rounded() else { return nil }
    return Int(bytes)
}

/// `12.5 ms` → 12.5, "ms": a plain decimal number, at most one space, a unit.
private func splitQuantity(_ text: String) -> (Double, String)? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let number = Double(digits), number.isFinite else { return nil }
    var unit = text.dropFirst(digits.count)
    if unit.first == " " { unit = unit.dropFirst() }
    return (number, String(unit))
}
