import CLinux
import System
import Vision

/// A pipe, FIFO or device: a thread of its own takes all that comes, so that the sender never waits for inference.
final class LiveSource {
    let mailbox: FrameMailbox
    private var thread: Thread?

    /// - Parameters:
    ///   - everyFrame: the sender waits until each frame has been taken; nothing is dropped.
    ///   - rate: for streams that do not say theirs.
    init(_ item: SourceItem, everyFrame: Bool, rate: FrameRate) throws(SourceError) {
        do throws(Errno) {
            let mailbox = try FrameMailbox()
            self.mailbox = mailbox
            thread = try Thread { LiveSource.read(item, mailbox, everyFrame: everyFrame, rate: rate) }
        } catch {
            throw SourceError(item.name, "cannot start reading: \(error.description)")
        }
    }

    /// The standard output of a program, which is started again whenever it ends or falls silent.
    init(_ command: SupervisedCommand, everyFrame: Bool) throws(SourceError) {
        do throws(Errno) {
            let mailbox = try FrameMailbox()
            self.mailbox = mailbox
            thread = try Thread { CommandWorker(command, mailbox, everyFrame: everyFrame).run() }
        } catch {
            throw SourceError(command.item.name, "cannot start reading: \(error.description)")
        }
    }

    deinit {
        mailbox.askToStop()
        thread.take()?.join()
    }

    /// The thread's life.
    private static func read(_ item: SourceItem, _ mailbox: FrameMailbox, everyFrame: Bool, rate: FrameRate) {
        do throws(FrameStream.StreamError) {
            var stream = try open(item, mailbox)
            let shape = stream.shape
            guard mailbox.prepare(shape, stream.rate ?? rate) else {
                mailbox.finish(FrameBuffer.refusal(item.name, shape))
                return
            }
            var number: Int64 = 0
            while try stream.read(into: mailbox.writable) {
                let captured = Moment.now
                if everyFrame, !mailbox.waitUntilTaken() { return }
                mailbox.publish(number: number, captured: captured)
                number += 1
            }
            // The last frame is worth waiting for.
            if mailbox.waitUntilTaken() { mailbox.finish(nil) }
        } catch {
            // What came whole before the failure is worth waiting for as well.
            if case .source(let failure) = error, mailbox.waitUntilTaken() { mailbox.finish(failure) }
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
