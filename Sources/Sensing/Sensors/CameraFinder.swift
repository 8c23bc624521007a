import System

/// Which camera is meant.
enum CameraAddress: Equatable, Sendable {
    case any
    /// A device node, or a link to one.
    case path(Path)
    /// Its bus or its card, as `--list-cameras` has them.
    case name([UInt8])
}

/// Finds a camera, and finds it again under whatever number it has after a replug.
struct CameraFinder {
    enum Found {
        case camera(Path)
        /// Why there is none now; there may be one later.
        case none(String)
        /// One that gives frames to other programs only.
        case needsPipe(String)
    }

    private let address: CameraAddress
    private let devices: Path  // the folder with the nodes
    private var known: (bus: [UInt8], card: [UInt8])?

    init(_ address: CameraAddress, devices: Path) {
        self.address = address
        self.devices = devices
    }

    /// From here on this one is meant.
    mutating func remember(_ identity: CameraIdentity) { known = (identity.bus, identity.card) }

    func find() -> Found {
        var sameCard: Path?
        var refusal: String?
        var pipe: String?
        if known == nil, case .path(let path) = address {
            return CameraFinder.look(at: path)
        }
        for path in CameraFinder.nodes(in: devices) {
            let identity: CameraIdentity
            do throws(CameraError) { identity = try Camera(path).identity } catch {
                if refusal == nil, error.errno != .noEntry { refusal = "\(path.description): \(error.message)" }
                continue
            }
            guard identity.captures else { continue }
            if let hint = CameraFinder.pipe(identity) {
                pipe = pipe ?? "\(path.description): \(hint)"
                continue
            }
            guard let known else {
                if isMeant(identity) { return .camera(path) }
                continue
            }
            if identity.bus == known.bus, identity.card == known.card { return .camera(path) }
            if sameCard == nil, identity.card == known.card { sameCard = path }
        }
        // Plugged in elsewhere.
        if let sameCard { return .camera(sameCard) }
        if known == nil, case .any = address, let pipe { return .needsPipe(pipe) }
        return .none(refusal ?? "\(name): no such camera; it is looked for again and again")
    }

    private static func look(at path: Path) -> Found {
        do throws(CameraError) {
            let identity = try Camera(path).identity
            if let hint = pipe(identity) { return .needsPipe("\(path.description): \(hint)") }
            guard identity.captures else {
                return .none("\(path.description): no camera but another node of \(identity.name); see --list-cameras")
            }
            return .camera(path)
        } catch {
            return .none("\(path.description): \(error.message)")
        }
    }

    private func isMeant(_ identity: CameraIdentity) -> Bool {
        switch address {
        case .name(let name): name == identity.bus || name == identity.card
        case .any, .path: true
        }
    }

    private var name: String {
        switch address {
        case .any: "/dev/video*"
        case .path(let path): path.description
        case .name(let name): "camera:" + String(decoding: name, as: UTF8.self)
        }
    }

    /// `/dev/video0`, `/dev/video1` and so on, by number.
    static func nodes(in devices: Path) -> [Path] {
        guard let names = try? Folder.names(in: devices) else { return [] }
        var nodes: [(number: Int64, name: [UInt8])] = []
        for name in names where name.begins(with: "video") {
            if let number = Int64(decimal: name.dropFirst(5)) { nodes.append((number, name)) }
        }
        return nodes.inOrder { $0.number < $1.number }.map { devices.appending($0.name) }
    }

    /// For a camera behind a media controller: the words that say so, with the pipe to use instead. Nil: a plain one.
    static func pipe(_ identity: CameraIdentity) -> String? {
        func isDriver(_ name: StaticString) -> Bool { name.withUTF8Buffer { identity.driver.elementsEqual($0) } }
        let isRaspberry = isDriver("unicam") || isDriver("rp1-cfe") || isDriver("bcm2835-isp") || isDriver("pispbe")
        guard identity.needsMedia || isRaspberry else { return nil }
        let driver = String(decoding: identity.driver, as: UTF8.self)
        let size = "width=640,height=480,framerate=10/1"
        let program =
            isRaspberry
            ? "rpicam-vid -t 0 --codec yuv420 --width 640 --height 480 --framerate 10 -o -"
            : "gst-launch-1.0 -q libcamerasrc ! video/x-raw,format=I420,\(size) ! fdsink"
        return "a ribbon camera (\(driver)), whose frames come through libcamera only; use its pipe: "
            + "\(program) | ocellusd BUNDLE --source yuv420:640x480@10, or name that program under `command` in the "
            + "sensor file"
    }
}
