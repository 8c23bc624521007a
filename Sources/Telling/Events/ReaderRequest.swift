import JSON
import System

/// What a reader of the socket says: one JSON object a line, as docs/socket.md has it.
public struct ReaderRequest {
    public enum Kind {
        /// Events behind a number that it has got, of the start of the daemon that had them.
        case resume(boot: Text, sequence: Int64)
        case state
        case standby(Bool)
        /// In 1/65536.
        case threshold(object: Text, on: UInt32, off: UInt32)
        case reload
        case snapshot
    }

    public let kind: Kind
    /// What was asked, for the answer.
    public let name: StaticString
    /// As it was written, with its escapes; of no bytes: none.
    public let transaction: Text

    static var transactionLimit: Int { 64 }

    /// - Parameter line: without its line feed; what is found in it is valid as long as it is.
    /// - Throws: what is wrong, and at which byte.
    init(_ line: Text) throws(JSONReader.Failure) {
        var command = Text(start: nil, count: 0)
        var transaction = command
        var object = command
        var boot: Text?
        var sequence: Int64 = -1
        var isOn: Bool?
        var (on, off): (UInt32?, UInt32?)
        var reader = JSONReader(line)
        try reader.object { (name, reader) throws(JSONReader.Failure) in
            if name.isEqual(to: "command") {
                command = try reader.string()
            } else if name.isEqual(to: "transaction") {
                transaction = try reader.string()
                guard transaction.count <= Self.transactionLimit else {
                    throw reader.failure("a transaction of more than 64 bytes")
                }
            } else if name.isEqual(to: "object") {
                object = try reader.string()
            } else if name.isEqual(to: "on") {
                if reader.comesNumber() { on = try reader.score() } else { isOn = try reader.boolean() }
            } else if name.isEqual(to: "off") {
                off = try reader.score()
            } else if name.isEqual(to: "resume") {
                try reader.object { (name, reader) throws(JSONReader.Failure) in
                    if name.isEqual(to: "boot") {
                        boot = try reader.string()
                    } else if name.isEqual(to: "seq") {
                        sequence = try reader.integer(0 ... .max)
                    } else {
                        throw reader.failure("a resume has boot and seq, and nothing else")
                    }
                }
            } else {
                throw reader.failure("a request has command or resume, and no such member")
            }
        }
        try reader.end()
        self.transaction = transaction
        if let boot {
            guard sequence >= 0 else { throw reader.failure("a resume needs seq") }
            (kind, name) = (.resume(boot: boot, sequence: sequence), "resume")
        } else if command.isEqual(to: "state") {
            (kind, name) = (.state, "state")
        } else if command.isEqual(to: "standby") {
            guard let isOn else { throw reader.failure("standby needs on, true or false") }
            (kind, name) = (.standby(isOn), "standby")
        } else if command.isEqual(to: "threshold") {
            guard let on, !object.isEmpty else { throw reader.failure("threshold needs object and on") }
            guard (off ?? 0) <= on else { throw reader.failure("off must not be above on") }
            (kind, name) = (.threshold(object: object, on: on, off: off ?? on), "threshold")
        } else if command.isEqual(to: "reload") {
            (kind, name) = (.reload, "reload")
        } else if command.isEqual(to: "snapshot") {
            (kind, name) = (.snapshot, "snapshot")
        } else {
            throw reader.failure("there are the commands state, standby, threshold, reload and snapshot, and resume")
        }
    }
}
