import JSON
import System

/// A picture on its way to the one reader that has asked for it: a line that says what comes, then lines of its file's bytes.
struct PictureDelivery: ~Copyable {
    /// Bytes of the file in a line, a multiple of three: with what stands around them a line has less than 4096.
    static var part: Int { 2880 }

    /// Among the readers; nil: nobody waits for one.
    private(set) var reader: Int?
    private var transaction = Line(room: ReaderRequest.transactionLimit)
    private var picture: Picture?
    private var refusal: StaticString?
    private var line = 0  // the next one, from 0

    struct Picture {
        let file: UnsafeRawBufferPointer
        let width: Int
        let height: Int
        let moment: Moment

        var parts: Int { (file.count + PictureDelivery.part - 1) / PictureDelivery.part }
    }

    var isWaiting: Bool { reader != nil && !isUnderWay }
    /// There are lines for the reader.
    var isUnderWay: Bool { picture != nil || refusal != nil }
    var needsPicture: Bool { picture != nil }

    mutating func ask(for reader: Int, _ transaction: Text) {
        self.reader = reader
        self.transaction.clear()
        self.transaction.append(transaction)
    }

    mutating func begin(_ picture: Picture) {
        self.picture = picture
        line = 0
    }

    mutating func refuse(_ reason: StaticString) { refusal = reason }

    mutating func end() {
        reader = nil
        picture = nil
        refusal = nil
    }

    /// Writes the next line, and ends behind the last one.
    mutating func writeNext(into output: inout Line) {
        output.append("{\"answer\":\"snapshot\"")
        if transaction.count > 0 {
            output.append(",\"transaction\":\"")
            output.append(transaction.bytes)
            output.append("\"")
        }
        guard let picture else {
            output.append(",\"ok\":false,\"error\":\"")
            output.append(refusal ?? "there is none")
            output.append("\"}\n")
            return end()
        }
        if line == 0 {
            output.append(",\"ok\":true")
            output.append(picture.moment)
            output.append(",\"width\":")
            output.append(Int64(picture.width))
            output.append(",\"height\":")
            output.append(Int64(picture.height))
            output.append(",\"bytes\":")
            output.append(Int64(picture.file.count))
            output.append(",\"parts\":")
            output.append(Int64(picture.parts))
        } else {
            let start = (line - 1) * Self.part
            output.append(",\"part\":")
            output.append(Int64(line))
            output.append(",\"jpeg\":\"")
            output.append(
                base64: UnsafeRawBufferPointer(
                    rebasing: picture.file[start..<min(start + Self.part, picture.file.count)]))
            output.append("\"")
        }
        output.append("}\n")
        line += 1
        if line > picture.parts { end() }
    }
}
