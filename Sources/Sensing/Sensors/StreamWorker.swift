import CLinux
import Synchronization
import System

/// A stream that begins anew when it ends: a program's output, a FIFO whose writers come and go, or a network camera's frames
/// by one of these.
struct SupervisedStream: @unchecked Sendable {
    enum Origin: Equatable {
        /// A program and its arguments, which is started again.
        case command([Path])
        /// Opened again.
        case fifo
        /// Where another unit's `ocellus-fetch` writes a network camera's frames. It reads the camera while this is open.
        case fetched(Path)
    }

    let origin: Origin
    /// What comes out of it.
    let item: SourceItem
    /// For streams that do not say theirs.
    let rate: FrameRate
    /// Nanoseconds without a byte after which a program is started again.
    let stall: Int64
    let statuses: StatusQueue

    var isNetwork: Bool { item.network != nil }

    /// Whether it stands still while nobody wants frames.
    var rests: Bool { origin != .fifo }

    var name: String {
        if isNetwork { return item.name }
        return switch origin {
        case .command(let arguments): "command \(arguments.first?.description ?? "")"
        case .fifo, .fetched: item.path.description
        }
    }
}

/// Keeps a stream coming, on a thread of its own.
final class StreamWorker {
    /// Nanoseconds that a program has for its first frame besides: cameras behind libcamera take up to seven seconds.
    static var startUp: Int64 { 8_000_000_000 }
    /// The same for a network camera, which is found, asked, and waited for until it sends a picture that needs no other. So
    /// long it may be silent later, too: whoever reads it gives up before that, and says why.
    static var networkStartUp: Int64 { 15_000_000_000 }

    private let stream: SupervisedStream
    private let mailbox: FrameMailbox
    private let everyFrame: Bool
    private var faults = Faults()
    private var number: Int64 = 0
    // What follows a change of rate is timed from there.
    private var rate: FrameRate
    private var base: (number: Int64, time: Int64) = (0, 0)
    private var damage = DamageCount()
    private var doubted: Int64?  // since when no frame could be decoded

    init(_ stream: SupervisedStream, _ mailbox: FrameMailbox, everyFrame: Bool) {
        self.stream = stream
        self.mailbox = mailbox
        self.everyFrame = everyFrame
        rate = stream.rate
    }

    /// Why a stream came to its end.
    private enum End {
        case failed(String)
        /// Nobody wants frames any more.
        case calledOff
    }

    func run() {
        while !mailbox.isStopping {
            if stream.rests, mailbox.isResting {
                stream.statuses.settle(nil)
                mailbox.waitForChange(milliseconds: -1)
                continue
            }
            switch follow() {
            case .failed(let reason): recover(reason)
            case .calledOff: continue
            }
        }
    }

    /// Opens the stream and reads it to its end.
    private func follow() -> End {
        do throws(Errno) {
            switch stream.origin {
            case .command(let arguments):
                let child = try ChildProcess(arguments)
                let end = read(ByteReader(pipe: child.output, stop: mailbox.stop))
                let code = child.end()
                if case .failed(let reason) = end { return .failed("\(reason) (exit code \(code))") }
                return end
            case .fifo:
                // A writer may come at any time: that is no fault.
                stream.statuses.settle(nil)
                return read(try ByteReader(stream.item, stop: mailbox.stop))
            case .fetched(let fifo):
                return read(try ByteReader(stream.item.by(fifo), stop: mailbox.stop))
            }
        } catch {
            let reason = error.description
            switch stream.origin {
            case .fifo: return .failed("cannot open: \(reason)")
            case .fetched(let fifo):
                return .failed("cannot open \(fifo.description): \(reason); ocellus-fetch makes it, is it running?")
            case .command where stream.isNetwork:
                return .failed("cannot start ocellus-fetch: \(reason); it is to be found by PATH")
            case .command: return .failed("cannot start: \(reason)")
            }
        }
    }

    private func read(_ reader: consuming ByteReader) -> End {
        do throws(FrameStream.StreamError) {
            let isTimed = stream.origin != .fifo
            let start = stream.stall + (stream.isNetwork ? StreamWorker.networkStartUp : StreamWorker.startUp)
            if isTimed { reader.patience = milliseconds(start) }
            var frames = try FrameStream(isTimed && !stream.isNetwork ? stream.item.ofCommand : stream.item, reader)
            guard mailbox.prepare(frames.form) else {
                return .failed(FrameBuffer.refusal(stream.name, frames.form).message)
            }
            time(by: frames.rate ?? stream.rate)
            // Slow streams are no silent ones.
            let stall = max(stream.isNetwork ? start : stream.stall, 3 * rate.time(ofFrame: 1))
            doubted = nil
            _ = mailbox.verdicts.take()
            var broken: Int64 = 0
            while try mailbox.read(from: &frames) {
                let captured = Moment.now
                if frames.broken > broken {
                    let count = frames.broken - broken
                    damage.add(count, "cut short", of: stream.name, at: captured.monotonic, stream.statuses)
                    number += count
                    broken = frames.broken
                }
                if isTimed { frames.wholeBy = captured.monotonic + stall }
                if isTimed { frames.wait(milliseconds: milliseconds(stall)) }
                if everyFrame, !mailbox.waitUntilTaken() { return calledOff() }
                let time = base.time + rate.time(ofFrame: number - base.number)
                mailbox.publish(
                    FrameMailbox.Label(
                        form: frames.form, number: number, captured: captured, time: min(time, FrameRate.lastInstant)))
                stream.statuses.settle(nil)
                number += 1
                guard judge(frames.form, at: captured.monotonic, stall) else {
                    return .failed("none of its frames could be decoded for \(stall / 1_000_000) ms")
                }
            }
            return .failed(ending)
        } catch {
            switch error {
            case .source(let failure): return .failed(failure.message)
            case .empty: return .failed(ending)
            case .stopped: return calledOff()
            }
        }
    }

    private var ending: String {
        switch stream.origin {
        case .command: stream.isNetwork ? "its stream ended" : "it ended"
        case .fifo: "its writer ended; the next one is waited for"
        case .fetched: "its stream ended; ocellus-fetch, whose log says why, tries again"
        }
    }

    private func milliseconds(_ nanoseconds: Int64) -> Int32 { Int32(clamping: nanoseconds / 1_000_000) }

    private func calledOff() -> End {
        if !mailbox.isStopping { _ = oc_event_take(mailbox.stop) }
        return .calledOff
    }

    private func time(by next: FrameRate) {
        guard next != rate else { return }
        base = (number, min(base.time + rate.time(ofFrame: number - base.number), FrameRate.lastInstant))
        rate = next
    }

    /// Takes a frame as a sign of life; of compressed ones, those that the taker could decode.
    /// - Returns: false: none could be for too long.
    private func judge(_ form: FrameForm, at now: Int64, _ stall: Int64) -> Bool {
        guard form == .jpeg else {
            noteWholeFrame(at: now)
            return true
        }
        let verdicts = mailbox.verdicts.take()
        if verdicts.broken > 0 {
            damage.add(
                verdicts.broken, "cannot be decoded", of: stream.name, at: now, stream.statuses)
            doubted = doubted ?? now
        }
        if verdicts.isWhole {
            doubted = nil
            noteWholeFrame(at: now)
        }
        return doubted.map { now - $0 < stall } ?? true
    }

    private func noteWholeFrame(at now: Int64) { faults.end(of: stream.name, at: now, stream.statuses) }

    private func recover(_ reason: String) {
        // What the reader of a FIFO or camera says begins with its name.
        let prefix = "\(stream.name): "
        let message = reason.utf8.starts(with: prefix.utf8) ? reason : prefix + reason
        stream.statuses.settle(SourceRefusal(reason: message, isFinal: false))
        let end = faults.add(stream.origin == .fifo || stream.isNetwork ? .lost : .fault, message, stream.statuses)
        while !mailbox.isStopping, !stream.rests || !mailbox.isResting {
            let left = end - Clock.monotonic
            guard left > 0 else { return }
            mailbox.waitForChange(milliseconds: Int32(left / 1_000_000 + 1))
        }
    }
}
