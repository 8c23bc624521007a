import Events
import System
import Vision

/// Somebody who looks over the daemon's shoulder, as `ocellus watch` does. Called on the daemon's thread.
public struct Observer {
    /// A frame that the rules have taken the scores of.
    public struct Seen: ~Copyable {
        /// Nil: of a recording, which has what the model saw alone.
        public let frame: FrameView?
        public let moment: Moment
        /// As events number it.
        public let number: Int64
        /// Of a recording: the file of its picture, which may not be there.
        public let picture: String?
    }

    /// What was seen, and what the rules make of it.
    public var sees: (_ seen: borrowing Seen, _ rules: borrowing WatchList) -> Void
    /// What became of an object; before `sees` where it comes of a frame.
    public var says: (_ news: WatchNews, _ moment: Moment) -> Void

    public init(
        sees: @escaping (_ seen: borrowing Seen, _ rules: borrowing WatchList) -> Void,
        says: @escaping (_ news: WatchNews, _ moment: Moment) -> Void
    ) {
        self.sees = sees
        self.says = says
    }
}
