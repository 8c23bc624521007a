import CLinux
import System

/// A network camera that is read for this daemon by `ocellus-fetch` in a unit of its own: it has the network, and the daemon
/// has none.
public struct FetchedCamera: Equatable, Sendable {
    let address: [UInt8]
    /// Where its frames come from.
    let fifo: Path

    /// - Parameter text: address, blank, FIFO; nil for anything else.
    init?(parsing text: [UInt8]) {
        guard let blank = text.firstIndex(of: UInt8(ascii: " ")), blank > 0, blank + 1 < text.count else { return nil }
        address = Array(text[..<blank])
        fifo = Path(text[(blank + 1)...])
    }

    /// What the unit says in OCELLUS_FETCHED.
    public static var ofEnvironment: FetchedCamera? {
        guard var byte = oc_environment("OCELLUS_FETCHED") else { return nil }
        var text: [UInt8] = []
        while byte.pointee != 0 {
            text.append(UInt8(bitPattern: byte.pointee))
            byte += 1
        }
        return FetchedCamera(parsing: text)
    }
}

extension SupervisedStream.Origin {
    /// How a network camera's frames come: from the FIFO of its unit, or, where there is none, from an `ocellus-fetch` that
    /// the daemon starts.
    init(_ address: NetworkAddress, _ options: SourceSettings.Options) throws(SourceError) {
        guard let fetched = options.fetched else {
            self = .command(SupervisedStream.Origin.command(address, options.camera.needs))
            return
        }
        guard fetched.address.elementsEqual(address.text) else {
            throw SourceError(
                String(decoding: address.text, as: UTF8.self),
                "ocellus-fetch reads \(String(decoding: fetched.address, as: UTF8.self)) here; another camera comes with "
                    + "ocellus deploy")
        }
        self = .fetched(fetched.fifo)
    }

    private static func command(_ address: NetworkAddress, _ needs: CameraNeeds) -> [Path] {
        var words = [Path("ocellus-fetch".utf8)]
        if let rate = needs.millihertz {
            let thousandths = "\(1000 + rate % 1000)".utf8.dropFirst()
            words += [Path("--fps".utf8), Path("\(rate / 1000).".utf8).extended(thousandths)]
        }
        if let size = needs.size {
            words += [Path("--size".utf8), Path("\(size.width)x\(size.height)".utf8)]
        }
        words.append(Path(address.text))
        return words
    }
}
