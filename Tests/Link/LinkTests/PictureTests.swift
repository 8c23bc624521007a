import JSON
import System
import Testing

@testable import Link

/// Pictures in parts.
@Suite struct PictureTests {
    private func line(_ json: String) throws -> SensorLine {
        try Bytes(json.utf8).withUnsafeBytes { bytes in try SensorLine(bytes) }
    }

    private func base64(_ bytes: Bytes) -> Bytes {
        var line = Line(room: bytes.count * 2 + 4)
        bytes.withUnsafeBytes { line.append(base64: $0) }
        return Bytes(line.bytes)
    }

    @Test func base64GoesBothWays() {
        // RFC 4648, section 10.
        let known = ["": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE="]
        for (plain, coded) in known { #expect(base64(Bytes(plain.utf8)) == Bytes(coded.utf8)) }
        let all = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        for count in 1...1000 {
            var read = Bytes()
            #expect(Picture.decode(base64(Bytes(all[..<count])), into: &read) && read == Bytes(all[..<count]))
        }
    }

    @Test(arguments: ["", "A", "AAA", "AAAAA", "A===", "====", "AA=A", "=AAA", "AA A", "AAA-", "AAAA=AAA", "Zg==Zg=="])
    func whatIsNoBase64IsRefused(_ text: String) {
        var read = Bytes()
        #expect(!Picture.decode(Bytes(text.utf8), into: &read))
    }

    private func announced(_ bytes: Int, _ parts: Int) throws -> Picture? {
        Picture(try line(#"{"answer":"snapshot","transaction":"7","ok":true,"bytes":\#(bytes),"parts":\#(parts)}"#))
    }

    private func part(_ number: Int, _ text: String) throws -> SensorLine {
        try line(#"{"answer":"snapshot","transaction":"7","part":\#(number),"jpeg":"\#(text)"}"#)
    }

    @Test func partsBecomeAFile() throws {
        var picture = try #require(try announced(5, 2))
        #expect(picture.add(try part(1, "Zm9v")) == .more)
        #expect(picture.add(try part(2, "YmE=")) == .whole)
        #expect(picture.file == Bytes("fooba") && picture.transaction == Bytes("7"))
    }

    @Test func whatDoesNotFitIsNoPicture() throws {
        #expect(try announced(0, 1) == nil)
        #expect(try announced(5, 0) == nil)
        #expect(try announced(5, 6) == nil)
        #expect(try announced(Int(Picture.limit) + 1, 1) == nil)
        for wrong in [try part(2, "Zm9v"), try part(1, "Zm9vYmE="), try part(1, "!")] {
            var picture = try #require(try announced(4, 2))
            #expect(picture.add(wrong) == .broken)
        }
        var short = try #require(try announced(6, 2))
        #expect(short.add(try part(1, "Zm9v")) == .more)
        #expect(short.add(try part(2, "YmE=")) == .broken)
    }
}
