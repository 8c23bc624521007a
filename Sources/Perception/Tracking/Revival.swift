extension Tracker {
    /// The lost track that a new one, sure by now, continues; nil: it is more likely another object.
    ///
    /// For it speaks that few others came of late, that it is near where it was expected, and that few places are: of one
    /// that is hidden for long, many are.
    mutating func former(of row: Int) -> Int? {
        let new = tracks[row]
        let rarity = adaptation.rarity(atEdge: new.isEntry)
        var best: (row: Int, worth: Int64)?
        for index in 0..<count where tracks[index].state == .lost {
            let old = tracks[index]
            guard old.label == new.label, old.lastSeen < new.firstSeen else { continue }
            steps += 1
            guard let doubt = doubt(that: old, is: new) else { continue }
            let worth = settings.reviveWorth + rarity - doubt
            if worth > best?.worth ?? 0 { best = (index, worth) }
        }
        return best?.row
    }

    /// What speaks against it, as `worth` is measured; nil: it cannot be.
    private func doubt(that old: Track, is new: Track) -> Int64? {
        func gate(_ motion: Motion) -> Gate {
            Gate(motion, label: old.label, factor: 65536, worth: 0, settings, noise, adaptation)
        }
        let onward = gate(old.motion)
        let wentAtEdge = field.hasAtEdge(old.seen)
        var square = onward.square(of: new.seen)
        // Who went at the edge has not stayed there.
        if !wentAtEdge {
            var stays = old.motion
            (stays.x, stays.y) = (old.seen.x, old.seen.y)
            if let there = gate(stays).square(of: new.seen) {
                square = min(square ?? .max, there + settings.stayCost)
            }
        }
        guard let square else { return nil }
        let missing = FixedPoint.elapsed(from: old.lastSeen, to: new.firstSeen)
        let allowed = max(settings.lostFor, 1)
        let share = min(missing, allowed) / max(allowed >> 16, 1)
        let elsewhere = wentAtEdge == new.isEntry ? 0 : settings.edgeCost
        return square + onward.spread + (share * settings.reviveCost) >> 16 + elsewhere
    }

    /// Lets a lost track go on with what a new one has seen; that one is over.
    mutating func revive(_ former: Int, as row: Int, _ report: (Track, Track.Change) -> Void) {
        let new = tracks[row]
        tracks[row].isOver = true
        tracks[former].go(on: new)
        report(new, .ended)
        report(tracks[former], .updated)
    }

    /// Takes an object that is sure to be new, if it was not there from the start.
    mutating func welcome(_ row: Int, at now: Int64) {
        guard FixedPoint.elapsed(from: first ?? now, to: now) > Adaptation.start else { return }
        adaptation.count(atEdge: tracks[row].isEntry, settings)
    }

    /// Removes tracks that are over.
    mutating func compact() {
        var kept = 0
        for index in 0..<count where !tracks[index].isOver {
            tracks[kept] = tracks[index]
            kept += 1
        }
        count = kept
    }
}

extension Track {
    /// Takes what another one has seen since.
    fileprivate mutating func go(on new: Track) {
        (motion, seen, box, score, lastSeen) = (new.motion, new.seen, new.box, new.score, new.lastSeen)
        (anchorX, anchorY, stationarySince) = (new.anchorX, new.anchorY, new.stationarySince)
        hits = min(hits + new.hits, Self.most)
        evidence = min(evidence + new.evidence, Self.most)
        misses = 0
        state = .confirmed
        deviation = nil
    }
}
