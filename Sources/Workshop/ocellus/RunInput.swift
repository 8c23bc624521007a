import Boards
import Sensors
import System

/// What `ocellus run` takes beside a model: pictures, and clips frame by frame.
enum RunInput {
    case picture(String)
    case clip(String, SourceItem)

    var name: String {
        switch self {
        case .picture(let name), .clip(let name, _): name
        }
    }

    /// Whether it may be several frames.
    var isClip: Bool {
        if case .clip = self { return true }
        return false
    }

    /// A picture is what no other kind fits, `-` among it; a folder stands for its pictures.
    static func all(_ arguments: [String]) throws(Failure) -> [RunInput] {
        var inputs: [RunInput] = []
        for argument in arguments {
            let kind = try? FileDescriptor.Status(of: FileName.path(argument)).kind
            var hasEnd = true
            do throws(SourceError) {
                if kind == .folder {
                    for picture in try PictureFolder.pictures(in: FileName.path(argument)) {
                        inputs.append(.picture(FileName.text(of: picture.bytes)))
                    }
                    continue
                }
                let item = try SourceItem(parsing: FileName.bytes(of: argument))
                // A description such as grey:96x96:FILE names none that is there by that name.
                let isClip = kind == nil ? item.isDescribed : kind == .file ? try item.isStream() : false
                hasEnd = !item.isCamera && item.network == nil
                inputs.append(isClip ? .clip(argument, item) : .picture(argument))
            } catch {
                throw Failure(error.message.replacing("--source ", with: ""))
            }
            guard hasEnd else { throw Failure("\(argument): has no end; ocellusd watches cameras") }
        }
        return inputs
    }
}
