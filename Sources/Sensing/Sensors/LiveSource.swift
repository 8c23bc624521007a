import CLinux
import System
import Vision

/// A pipe, FIFO or device: a thread of its own takes all that comes, so that the sender never waits for inference.
final class LiveSource {
    private let mailbox: FrameMailbox
    private var thread: Thread?
    private var decoder: FrameDecoder
    private let countsDamage: Bool

    /// A stream that has one end, such as standard input.
    /// - Parameters:
    ///   - everyFrame: the sender waits until each frame has been taken; nothing is dropped.
    ///   - rate: for streams that do not say theirs.
    ///   - needs: pixels that compressed frames are decoded to.
    init(_ item: SourceItem, everyFrame: Bool, rate: FrameRate, needs: CameraNeeds) throws(SourceError) {
        decoder = FrameDecoder(needs)
        countsDamage = item.isCompressed
        do throws(Errno) {
            let mailbox = try FrameMailbox()
            self.mailbox = mailbox
            thread = try Thread { LiveSource.read(item, mailbox, everyFrame: everyFrame, rate: rate) }
        } catch {
            throw SourceError(item.name, "cannot start reading: \(error.description)")
        }
    }

    /// A stream that begins anew whenever it ends.
    /// - Parameter isActive: whether it is to be started now.
    init(_ stream: SupervisedStream, everyFrame: Bool, isActive: Bool, needs: CameraNeeds) throws(SourceError) {
        decoder = FrameDecoder(needs)
        countsDamage = false
        do throws(Errno) {
            let mailbox = try FrameMailbox(isResting: !isActive)
            self.mailbox = mailbox
            thread = try Thread { StreamWorker(stream, mailbox, everyFrame: everyFrame).run() }
        } catch {
            throw SourceError(stream.item.name, "cannot start reading: \(error.description)")
        }
    }

    deinit {
        mailbox.askToStop()
        thread.take()?.join()
    }

    /// For `poll`: readable when `next` has something to say.
    var raw: Int32 { mailbox.ready }

    /// Frames that came and were overwritten by newer ones.
    var dropped: Int64 { mailbox.dropped }

    /// Frames of a stream with one end that were broken; nil: none is compressed, or somebody else counts.
    var damaged: Int64? { countsDamage ? mailbox.verdicts.untaken : nil }

    func setActive(_ isActive: Bool) { mailbox.setResting(!isActive) }

    /// The newest frame; valid until the next call.
    func next() throws(SourceError) -> Source.Next {
        // The end is read first: it is set only when the last frame has been taken.
        let end = mailbox.finished
        if let frame = take() { return .frame(frame) }
        switch end {
        case .none: return .none
        case .ended: return .end
        case .failed:
            if let failure = mailbox.failure { throw failure }
            return .end
        }
    }

    private func take() -> SourceFrame? {
        guard let (label, bytes) = mailbox.take() else { return nil }
        let view: FrameView?
        switch label.form {
        case .pixels(let layout): view = layout.view(bytes)
        case .jpeg:
            view = decoder.view(ofJPEG: bytes)
            mailbox.verdicts.judge(isWhole: view != nil)
        }
        guard let view else { return nil }
        return SourceFrame(view: view, number: label.number, captured: label.captured, time: label.time)
    }

    /// The thread's life.
    private static func read(_ item: SourceItem, _ mailbox: FrameMailbox, everyFrame: Bool, rate: FrameRate) {
        do throws(FrameStream.StreamError) {
            var stream = try open(item, mailbox)
            let rate = stream.rate ?? rate
            guard mailbox.prepare(stream.form) else {
                mailbox.finish(FrameBuffer.refusal(item.name, stream.form))
                return
            }
            var broken: Int64 = 0
            while try mailbox.read(from: &stream) {
                let captured = Moment.now
                let number = stream.frames - 1
                if stream.broken > broken {
                    mailbox.verdicts.addBroken(stream.broken - broken)
                    broken = stream.broken
                }
                if everyFrame, !mailbox.waitUntilTaken() { return }
                mailbox.publish(
                    FrameMailbox.Label(
                        form: stream.form, number: number, captured: captured, time: rate.time(ofFrame: number)))
            }
            // The last frame is worth waiting for.
            if mailbox.waitUntilTaken() { mailbox.finish(nil) }
        } catch {
            // What came whole before the failure is worth waiting for as well.
            if let failure = error.failure, mailbox.waitUntilTaken() { mailbox.finish(failure) }
        }
    }

    private static func open(_ item: SourceItem, _ mailbox: FrameMailbox) throws(FrameStream.StreamError) -> FrameStream
    {
        let reader: ByteReader
        do throws(Errno) { reader = try ByteReader(item, stop: mailbox.stop) } catch {
            throw .source(SourceError(item.name, "cannot open: \(error.description)"))
        }
        return try FrameStream(item, reader)
    }
}
