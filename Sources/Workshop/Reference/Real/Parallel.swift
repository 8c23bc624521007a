import Dispatch
import Foundation

/// Work on all processors of the host.
public enum Parallel {
    static let processors = max(1, ProcessInfo.processInfo.activeProcessorCount)

    /// Calls `body` with the parts of 0..<count, of about `grain` each, several at a time; in order where there is but one part.
    public static func perform(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
        let parts = min((count + grain - 1) / max(grain, 1), count)
        guard parts > 1, processors > 1 else {
            if count > 0 { body(0..<count) }
            return
        }
        withoutActuallyEscaping(body) { body in
            // Parts write to places of their own, which the compiler cannot see of pointers.
            nonisolated(unsafe) let body = body
            DispatchQueue.concurrentPerform(iterations: parts) { part in
                body(part * count / parts..<(part + 1) * count / parts)
            }
        }
    }
}
