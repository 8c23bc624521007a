import Boards

/// Labels that a command line names: a list of the program's, or else a text file with one label a line.
enum LabelFile {
    static func read(_ name: String) throws(Failure) -> NamedLabels {
        if let list = LabelList.named(name) { return NamedLabels(list) }
        let bytes: [UInt8]
        do throws(Failure) { bytes = try WholeFile.read(name) } catch {
            throw Failure(error.message + LabelList.hint(missing: name))
        }
        do throws(ConfigurationError) {
            return NamedLabels(try TextFile.labels(bytes, file: name), origin: FileName.printable(name))
        } catch { throw Failure(error.description) }
    }
}
