/// How much work quantizing may take, to lose less.
///
/// Whatever it is, the result is a graph of operations that every board's kernels have. Some models gain by what others lose by: pictures
/// that were held back tell.
public struct Effort: Sendable {
    /// A change of what is done as usual.
    public enum Lever: String, CaseIterable, Sendable {
        case ranges = "six more ranges tried for each scale"
        case pictures = "scales chosen and layers fitted by up to 128 pictures"
        case places = "weights rounded by four times as many places"
        case apart = "scales of sums and comparisons kept apart"
    }

    public static let usual = Effort([])

    private let levers: Set<Lever>

    public init(_ levers: Set<Lever>) { self.levers = levers }

    /// Ranges that are tried for a scale beside the usual ones: between that of least squared error and all that was seen.
    var moreRanges: Int { levers.contains(.ranges) ? 6 : 0 }
    /// Samples that channels are equalized by, ranges are chosen by at the outputs, and layers are fitted to, at most.
    var samples: Int { levers.contains(.pictures) ? 128 : 32 }
    /// Samples that each tensor's own ranges are chosen by, at most.
    var judged: Int { levers.contains(.pictures) ? 128 : 48 }
    /// Rows of inputs that the rounding of one layer's weights is learned on.
    var rows: Int { levers.contains(.places) ? 1 << 14 : 1 << 12 }
    /// Whether tensors may share a scale where that seems to lose less.
    var sharesScales: Bool { !levers.contains(.apart) }
}
