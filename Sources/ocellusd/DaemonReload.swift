import Events
import GPIO
import Sensors
import System

/// SIGHUP.
extension Daemon {
    /// Loads the bundle again. Rules with the same name go on where they were; if the bundle cannot be used, all does.
    func reload() {
        do throws(Model.LoadError) {
            let fresh = try Model(options)
            let now = isFrameClock ? latest : Moment.now
            fresh.watch.inherit(from: model.watch, at: now.monotonic) { object, smoothed, change in
                say(object, smoothed, change, at: now)
            }
            output.rename(sensor: fresh.name, topic: Daemon.topic(options, fresh))
            heart = Heart(options, fresh.sensor, from: now.monotonic)
            pace = Pace(options, fresh.sensor)
            model = fresh
            if let warning = model.placeThreads() { Log.line(warning) }
            reloadLines()
            reloadRecorder()
            Log.line("bundle loaded again: \(model.summary)")
            tell(.reloaded, modelDetail)
        } catch {
            Log.line("the bundle was not loaded again, the old one goes on: \(error.message)")
            tell(.reloadFailed, error.message)
        }
    }

    /// The new bundle's lines; outputs show at once who is there.
    private func reloadLines() {
        guard source.isLive else { return }
        let settings = model.lines
        lines.release()
        lines = Lines(settings)
        plan = CapturePlan(settings)
        let now = Clock.monotonic
        model.watch.forEachPresent { lines.tell(.enter, of: $0, at: now) }
        guard settings.isEmpty, !isCapturing else { return }
        isCapturing = true
        source.setActive(true)
    }
}
