import CLinux
import Events
import GPIO
import JSON
import Recording
import Sensors
import System
import Vision

/// The readers at the socket: what they are told at first, and what they may ask for.
extension Daemon {
    static func open(_ options: Options) throws(SessionError) -> EventReaders? {
        guard let path = options.socket else { return nil }
        do throws(Errno) { return try EventReaders(at: path, mode: options.socketMode) } catch {
            let reason =
                switch error {
                case .inUse: "another program serves it; give this one a path of its own"
                case .exists: "there is a file that is no socket; give another path, or remove it"
                default: error.description
                }
            throw SessionError(message: "--socket \(path.description): \(reason)", code: .system)
        }
    }

    /// - Returns: a code ends the daemon.
    func serve() -> ExitCode? {
        guard let readers else { return nil }
        readers.work(readerPolls, introduce: introduce, perform: perform)
        guard isReloadAsked else { return nil }
        isReloadAsked = false
        return reload()
    }

    private func introduce() {
        guard let readers else { return }
        let now = session.mode.isOnFrameClock ? latest : Moment.now
        let lines = session.lines
        let themes = lines.count + session.watch.themes
        let name: StaticString = session.isCapturing ? state.name : "standby"
        readers.tell { line in
            outlet.output.formatter.writeHello(
                readers, at: now, state: name, detail: state.detail.bytes,
                pictures: session.model.pixelPermit != nil, themes: themes, present: session.watch.present, into: &line)
        }
        session.watch.forEachTheme { theme in
            readers.tell { line in outlet.output.formatter.write(theme, into: &line) }
        }
        for index in 0..<lines.count {
            lines.name(index).withUnsafeBytes { name in
                readers.tell { line in
                    outlet.output.formatter.write(Theme(name: name, kind: .line), into: &line)
                }
            }
        }
        session.watch.forEachPresence(at: now.monotonic) { news in
            readers.tell { line in outlet.output.formatter.writePresence(news, into: &line) }
        }
    }

    /// - Returns: why that cannot be done.
    private func perform(_ request: ReaderRequest.Kind) -> StaticString? {
        switch request {
        case .standby(let isOn): isStandby = isOn
        case .reload: isReloadAsked = true
        case .threshold(let object, let on, let off):
            var line = Line()
            let isFound = session.watch.setThresholds(on: on, off: off) { name in
                // As it was said in `rule`.
                line.clear()
                line.append(jsonString: name, limit: Line.capacity)
                return Text(rebasing: line.bytes[1..<line.count - 1]).elementsEqual(object)
            }
            guard isFound else { return "there is no rule for this object" }
            readers?.introduceAll()
        case .snapshot: return refusalOfPictures
        case .resume, .state: break  // the readers' own
        }
        return nil
    }

    // MARK: Pictures

    /// Why nobody gets a picture now; nil: the next frame is one.
    private var refusalOfPictures: StaticString? {
        if session.model.pixelPermit == nil { return "privacy is metadata-only: no picture leaves this sensor" }
        if session.source.isRecording { return "a recording is told without its pictures" }
        if !session.isCapturing { return "no frames are wanted now" }
        return session.isFaulty ? "the source gives no frames" : nil
    }

    /// Gives a frame to the reader that waits for one, and lets go of the one before.
    func takePicture(_ frame: FrameView, at moment: Moment) {
        guard let readers else { return }
        if snapshot != nil, !readers.hasPicture { snapshot = nil }
        guard readers.wantsPicture else { return }
        guard let permit = session.model.pixelPermit else {
            // Another bundle has come since.
            return readers.refusePicture("privacy is metadata-only: no picture leaves this sensor")
        }
        snapshot = Snapshot(frame, session.model.pictureSettings, session.model.recordFacts, permit)
        guard let snapshot else { return readers.refusePicture("there is no memory for a picture") }
        readers.give(snapshot.bytes, width: snapshot.width, height: snapshot.height, at: moment)
    }
}
