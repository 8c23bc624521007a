/// Why a command ends without its result: one line that names the file, the place in it and the remedy.
struct Failure: Error {
    let message: String

    init(_ message: String) { self.message = message }

    /// - Parameters:
    ///   - path: the file that the message is about.
    ///   - message: put behind the path, unless it begins with the file's name already.
    init(_ path: String, _ message: String) {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        if message.hasPrefix("\(path):") {
            self.message = message
        } else if message.hasPrefix("\(name):") {
            self.message = path + message.dropFirst(name.count)
        } else {
            self.message = "\(path): \(message)"
        }
    }
}
