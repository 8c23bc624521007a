import Bundle
import System

/// Where an engine's threads run.
public enum Placement: Equatable, Sendable {
    /// Wherever Linux puts them, since the bundle names no CPUs.
    case anywhere
    /// On the CPUs that the bundle names.
    case pinned
    /// Wherever Linux puts them, since they may not run on this CPU of the bundle's: the board lacks it, or this process
    /// was started for others.
    case refused(cpu: Int)
}

extension Engine {
    /// Puts the workers and the calling thread, which is to run the engine from then on, onto the CPUs that the bundle names:
    /// each onto its own, or where there are fewer threads, all onto all of them. Where that cannot be, nothing is pinned;
    /// results are the same anyway.
    public func placeThreads() -> Placement {
        let ids = [Thread.current] + (workers?.ids ?? [])
        let cpus = bundle.view.cpus
        var refused = cpus.first { !Thread.mayRun(on: $0) }
        for (index, id) in ids.enumerated() where refused == nil && !cpus.isEmpty {
            let own = cpus.count == ids.count ? cpus[index..<index + 1] : cpus[...]
            do throws(Errno) { try Thread.place(id, on: own) } catch { refused = own.first }
        }
        if refused == nil, !cpus.isEmpty { return .pinned }
        // Another engine may have left the calling thread on CPUs of its own.
        for id in ids { do throws(Errno) { try Thread.place(id, on: []) } catch { continue } }
        return refused.map { .refused(cpu: Int($0)) } ?? .anywhere
    }
}
