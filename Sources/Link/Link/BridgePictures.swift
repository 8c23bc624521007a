import LinkSettings
import System

/// Pictures, which leave the board only where `--snapshots` lets them: the last one is kept at the broker.
extension Bridge {
    /// The sensor may have pictures, and the link may tell them.
    var tellsPictures: Bool { settings.hasSnapshots && state.givesPictures }

    var pictureTopic: Bytes { Topic.under(state.prefix, "snapshot") }

    /// Somebody has come: what that looks like is asked for, unless an answer is awaited already.
    func wantPicture(_ line: SensorLine, now: Int64) {
        guard tellsPictures, line.event.isEqual(to: "enter"), socket.isOpen else { return }
        for waiting in pending where waiting.name.isEqual(to: "snapshot") { return }
        transactions += 1
        pending.append(
            Pending(
                number: transactions, name: Bytes("snapshot"), isOwn: true, transaction: nil, response: nil,
                correlation: nil, until: now + Bridge.answerLimit))
        var text = Bytes("{\"command\":\"snapshot\",\"transaction\":\"")
        text.add(transactions)
        text.add("\"}")
        tell(text, now: now)
    }

    /// Takes a line of a picture's.
    /// - Returns: whether it is one, or the announcement of one: whoever has asked waits on.
    func tookPicture(_ line: SensorLine) -> Bool {
        guard line.event.isEqual(to: "snapshot") else { return false }
        if line.isOK == true, line.parts != nil {
            // One that was not whole is forgotten.
            picture = Picture(line)
            if picture == nil { finish(line.transaction, isWhole: false) }
            return true
        }
        guard line.part != nil else { return false }
        guard var coming = picture.take(), coming.transaction == line.transaction else { return true }
        switch coming.add(line) {
        case .more: picture = coming
        case .broken: finish(line.transaction, isWhole: false)
        case .whole:
            if tellsPictures { retained.set(pictureTopic, coming.file, isForced: true) }
            finish(line.transaction, isWhole: true)
        }
        return true
    }

    private func finish(_ transaction: Bytes?, isWhole: Bool) {
        guard let index = pending.firstIndex(where: { own($0.number) == transaction }) else { return }
        let waiting = pending.remove(at: index)
        guard !waiting.isOwn else { return }
        guard isWhole else { return refuse(waiting, "the picture is broken, or too large") }
        answer(waiting, Command.success(waiting.name, transaction: waiting.transaction))
    }
}
