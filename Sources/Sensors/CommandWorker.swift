import CLinux
import Synchronization
import System

/// A program that writes frames to its standard output.
struct SupervisedCommand: @unchecked Sendable {
    /// The program and its arguments.
    let arguments: [Path]
    /// What comes out of it.
    let item: SourceItem
    /// For streams that do not say theirs.
    let rate: FrameRate
    /// Nanoseconds without a byte after which it is started again.
    let stall: Int64
    let statuses: StatusQueue

    var name: String { "command \(arguments.first?.description ?? "")" }
}

/// Keeps a program running, on a thread of its own.
final class CommandWorker {
    private let command: SupervisedCommand
    private let mailbox: FrameMailbox
    private let everyFrame: Bool
    private var backoff = Backoff()
    private var told: [UInt8] = []  // the fault told last
    private var number: Int64 = 0

    init(_ command: SupervisedCommand, _ mailbox: FrameMailbox, everyFrame: Bool) {
        self.command = command
        self.mailbox = mailbox
        self.everyFrame = everyFrame
    }

    func run() {
        while !mailbox.isStopping {
            guard !mailbox.isResting else {
                mailbox.waitForChange(milliseconds: -1)
                continue
            }
            let reason: String
            do throws(Errno) {
                let child = try ChildProcess(command.arguments)
                let failure = read(child.output)
                let code = child.end()
                guard let failure else { continue }
                reason = "\(failure) (exit code \(code))"
            } catch {
                reason = "cannot start: \(error.description)"
            }
            recover(reason)
        }
    }

    /// Reads frames to the end.
    /// - Returns: why it came; nil: called off.
    private func read(_ output: Int32) -> String? {
        do throws(FrameStream.StreamError) {
            let patience = Int32(clamping: command.stall / 1_000_000)
            var stream = try FrameStream(
                command.item.ofCommand, ByteReader(pipe: output, stop: mailbox.stop, patience: patience))
            if mailbox.shape == nil, !mailbox.prepare(stream.shape, stream.rate ?? command.rate) {
                return FrameBuffer.refusal(command.name, stream.shape).message
            }
            guard mailbox.shape == stream.shape else { return "the size of its frames changed" }
            while try stream.read(into: mailbox.writable) {
                let captured = Moment.now
                if everyFrame, !mailbox.waitUntilTaken() { break }
                mailbox.publish(number: number, captured: captured)
                number += 1
                if !backoff.isIdle {
                    command.statuses.post(.recovered, "\(command.name): \(backoff.settle(at: captured.monotonic))")
                    told = []
                }
            }
            return "it ended"
        } catch {
            switch error {
            case .source(let failure): return failure.message
            case .stopped:
                if !mailbox.isStopping { _ = oc_event_take(mailbox.stop) }
                return nil
            }
        }
    }

    private func recover(_ reason: String) {
        command.statuses.faults.add(1, ordering: .relaxed)
        let now = Clock.monotonic
        let end = now + backoff.next(at: now)
        if !told.elementsEqual(reason.utf8) {
            told = Array(reason.utf8)
            command.statuses.post(.fault, "\(command.name): \(reason)")
        }
        while !mailbox.isStopping, !mailbox.isResting {
            let left = end - Clock.monotonic
            guard left > 0 else { return }
            mailbox.waitForChange(milliseconds: Int32(left / 1_000_000 + 1))
        }
    }
}
