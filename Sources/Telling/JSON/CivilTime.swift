extension Line {
    /// Nanoseconds since 1970 as UTC in ISO 8601 with milliseconds, rounded down: `2026-03-01T09:05:07.250Z`.
    public mutating func append(utc nanoseconds: Int64) {
        let milliseconds = nanoseconds.flooredDivision(by: 1_000_000)
        let seconds = milliseconds.flooredDivision(by: 1000)
        let day = seconds.flooredDivision(by: 86_400)
        let (year, month, date) = CivilTime.date(ofDay: day)
        let second = UInt64(seconds - day * 86_400)
        append(digits: UInt64(max(0, year)), atLeast: 4)
        append(UInt8(ascii: "-"))
        append(digits: UInt64(month), atLeast: 2)
        append(UInt8(ascii: "-"))
        append(digits: UInt64(date), atLeast: 2)
        append(UInt8(ascii: "T"))
        append(digits: second / 3600, atLeast: 2)
        append(UInt8(ascii: ":"))
        append(digits: second / 60 % 60, atLeast: 2)
        append(UInt8(ascii: ":"))
        append(digits: second % 60, atLeast: 2)
        append(UInt8(ascii: "."))
        append(digits: UInt64(milliseconds - seconds * 1000), atLeast: 3)
        append(UInt8(ascii: "Z"))
    }
}

enum CivilTime {
    /// Gregorian date of a day counted from 1970-01-01. Years are taken to begin in March, so that the leap day is
    /// their last: then month lengths follow a fixed pattern (153 days every five months).
    static func date(ofDay day: Int64) -> (year: Int64, month: Int64, date: Int64) {
        let shifted = day + 719_468  // days since 0000-03-01
        let era = shifted.flooredDivision(by: 146_097)  // 400 years
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }
}

extension Int64 {
    fileprivate func flooredDivision(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
