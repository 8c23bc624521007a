import Events
import GPIO
import Recording
import Sensors
import System

/// SIGHUP: another session takes the place of the one that runs, or that one goes on.
///
/// The bundle is loaded and verified beside the one that runs, then what it asks for is opened. Only when all is there the
/// former session is dropped. Who is present, and the numbers of events and frames, go on in either case.
extension Daemon {
    /// - Returns: a code where no session is left.
    func reload() -> ExitCode? {
        let former = session
        let began = Clock.monotonic
        // What a failed try has made is gone when the former session goes on.
        if let reason = replace(former) { return goOn(with: former, since: began, after: reason) }
        begin(after: former, since: began)
        return nil
    }

    /// Where the next session begins.
    private var place: Session.Place { Session.Place(moment: latest, number: progress.frame + 1) }

    /// Opens the session of the bundle as it is now.
    /// - Returns: why that cannot be.
    private func replace(_ former: Session) -> String? {
        let model: Model
        do throws(Model.LoadError) { model = try load(former) } catch { return error.message }
        do throws(SessionError) {
            let settings = try SessionSettings(model, options)
            if isWalled, settings.source.startsFetcher { return Wall.needsStart }
            session = try Session(
                model, settings, options, for: .replacing(former, unless: signals.raw), at: place)
            return nil
        } catch {
            return error.message
        }
    }

    /// Loads the bundle beside the one that runs, or where memory is too small for both, in its place.
    private func load(_ former: Session) throws(Model.LoadError) -> Model {
        let file = try BundleFile(options.bundle)
        let room = Memory.available
        do throws(Model.LoadError) { return try Model(file, options, room: room) } catch {
            let arena = Int64(former.model.arenaBytes)
            // Not even in its place?
            guard let missing = error.missing, room.map({ missing <= $0 + arena }) ?? true else { throw error }
            Log.line("both bundles do not fit into memory, the one that runs is dropped before the next is loaded")
            former.dropModel()
            return try Model(file, options, room: room.map { $0 + arena })
        }
    }

    /// The new session takes over who is there.
    private func begin(after former: Session, since began: Int64) {
        let now = session.mode.isOnFrameClock ? latest : Moment.now
        // Still under the former name, for those who listen to that.
        occasion = (now, .reloaded)
        session.watch.inherit(from: &former.watch, at: now.monotonic, report: say)
        state.patience = session.source.settings.startUp / 1_000_000_000
        outlet.output.rename(sensor: session.model.name, topic: session.model.topic(options))
        if let warning = session.model.placeThreads() { Log.line(warning) }
        if session.recorder === former.recorder { session.recorder?.breakEpoch() }
        showLines()
        if former.isCapturing, !session.isCapturing { leaveAll(because: .standby) }
        noteGap(former, since: began)
        var detail = modelDetail
        if !session.opened.isEmpty { detail += "; opened anew: " + session.opened }
        if former.model == nil { detail += "; memory was too small for both bundles" }
        heap?.reloaded()
        Log.line("bundle loaded again: \(session.model.summary)")
        tell(.reloaded, detail)
        readers?.introduceAll()
    }

    /// The former session goes on; what it had to give back is opened again.
    private func goOn(with former: Session, since began: Int64, after reason: String) -> ExitCode? {
        heap?.reloaded()
        Log.line("the bundle was not loaded again, the old one goes on: \(reason)")
        var detail = reason
        if former.model == nil {
            do throws(Model.LoadError) { try former.restoreModel(options) } catch {
                return finish(.failed, "the old bundle cannot go on: \(error.message)", .system)
            }
            if let warning = former.model.placeThreads() { Log.line(warning) }
            detail += "; the old bundle was dropped for it and is loaded again"
        }
        if !former.isWhole {
            do throws(SessionError) {
                session = try Session(
                    former.model, former.settings, options, for: .goingOn(former), at: place)
            } catch {
                return finish(.failed, "the old bundle cannot go on: \(error.message)", error.code)
            }
            // The same rules, with the memories that they have.
            swap(&session.watch, &former.watch)
            showLines()
            noteGap(former, since: began)
            if !session.opened.isEmpty { detail += "; opened again: " + session.opened }
        }
        tell(.reloadFailed, detail)
        if let failure = session.recordFailure, !former.isWhole {
            Log.line(failure)
            tell(.recordingFailed, failure)
        }
        return nil
    }

    /// Outputs show at once who is there, and whether the source gives frames.
    private func showLines() {
        let now = Clock.monotonic
        let lines = session.lines
        session.watch.forEachPresent { lines.show($0, count: $1, at: now) }
        lines.setFault(session.isFaulty, at: now)
    }

    private func noteGap(_ former: Session, since began: Int64) {
        if session.source !== former.source, session.source.isLive, session.isCapturing { gap = gap ?? began }
    }
}
