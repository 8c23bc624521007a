/// How a tracker decides. Fractions are in 1/65536, times in nanoseconds. "Sizes" are means of a box's width and
/// height, so that one set serves near and far objects, small and large frames.
public struct TrackerSettings: BitwiseCopyable, Equatable, Sendable {
    /// Score at or above which a detection is taken first, and may begin a track.
    public var highScore: Int64 = 27_850
    /// Score below which it is not taken at all.
    public var lowScore: Int64 = 6554
    /// Score at or above which it begins a track if it continues none.
    public var birthScore: Int64 = 28_840
    /// Detections that confirm a track.
    public var confirmHits: Int64 = 2
    /// Sum of their scores that a track needs as well.
    public var confirmScore: Int64 = 78_643
    /// The sum that it needs while it lies over a confirmed track of its label: both may be of one object.
    public var besideScore: Int64 = 262_144
    /// Intersection over union from which it does.
    public var besideOverlap: Int64 = 22_938
    /// Frames in a row without a detection after which a track that is not confirmed ends.
    public var tentativeMisses: Int64 = 2
    /// Time without a detection after which a confirmed one ends.
    public var lostFor: Int64 = 2_100_000_000
    /// Time without a detection after which low scores do not continue a track any more.
    public var rescueFor: Int64 = 300_000_000
    /// Time without a detection after which none continues a track because it is where the track was seen last.
    public var returnFor: Int64 = 130_000_000
    /// Intersection over union with a tracked detection at or above which another begins no track.
    public var duplicateOverlap: Int64 = 42_600

    /// Standard deviation of a detection's centre, in sizes.
    public var centreNoise: Int64 = 1400
    /// The same of its width and height.
    public var extentNoise: Int64 = 3300
    /// What is added to both, in 1/256 of a pixel: small boxes are less sure.
    public var pixelNoise: Int64 = 256
    /// Standard deviation of a new object's velocity, in sizes a second.
    public var birthSpeed: Int64 = 155_000
    /// How much velocities change: standard deviation after a second, in sizes a second.
    public var agility: Int64 = 65_536
    /// The same of width and height themselves, in sizes.
    public var growth: Int64 = 6_000
    /// Time in which the velocity of an object that is not seen falls to a third.
    public var coasting: Int64 = 7_500_000_000
    /// Noise of detections of low score, as a factor.
    public var lowNoise: Int64 = 140_000

    /// Largest distance of a detection from where its track is expected: square of standard deviations, over centre,
    /// width and height.
    public var gate: Int64 = 40 << 16
    /// What it is worth to continue a track, in the same squares: more tolerates more doubtful matches.
    public var worth: Int64 = 2_265_000
    /// The same for one that is not confirmed.
    public var tentativeWorth: Int64 = 1_710_000
    /// How much less it is where more places are possible, as a factor of what the likelihoods say.
    public var vagueness: Int64 = 65536
    /// What a second without detections takes from it.
    public var lostCost: Int64 = 716_000
    /// What it is worth to take a new object for a lost one, where one comes anew in a second; more where fewer do.
    public var reviveWorth: Int64 = 1_500_000
    /// What the time without detections takes from it, when all that is allowed is over.
    public var reviveCost: Int64 = 130_000
    /// The same if one went at the edge of what objects are seen in and the other came inside, or the other way.
    public var edgeCost: Int64 = 80_000
    /// The same if the lost one is taken to have stayed where it was, and not to have gone on.
    public var stayCost: Int64 = 91_000
    /// Time over which objects that come anew are counted.
    public var birthMemory: Int64 = 18_000_000_000
    /// Intersection over union at or above which a detection continues a track though its deviations are too great.
    public var leastOverlap: Int64 = 16_000
    /// What a whole overlap is worth then, in the squares of `worth`.
    public var overlapWorth: Int64 = 10 << 16
    /// Detections of moving objects from which a shift of the whole picture is told; 0: it is not looked for.
    public var shiftTracks: Int64 = 4
    /// How much larger than the objects' own deviations from it a shift is, in 1/65536.
    public var shiftTrust: Int64 = 107_000
    /// How fast the noises of detections are adapted to what is seen: share of one detection.
    public var scaleRate: Int64 = 1400
    /// The same of how much velocities change.
    public var agilityRate: Int64 = 3500
    /// How much a box's own width and height, and not their mean, measure its deviations.
    public var shape: Int64 = 49152

    public init() {}

    /// Within bounds in which no arithmetic overflows.
    var limited: TrackerSettings {
        var limited = self
        func limit(_ value: inout Int64, _ range: ClosedRange<Int64>) {
            value = min(max(value, range.lowerBound), range.upperBound)
        }
        limit(&limited.gate, 1 << 8...1 << 24)
        limit(&limited.worth, 0...1 << 26)
        limit(&limited.tentativeWorth, 0...1 << 26)
        limit(&limited.overlapWorth, 0...1 << 26)
        limit(&limited.lostCost, 0...1 << 26)
        limit(&limited.reviveWorth, 0...1 << 26)
        limit(&limited.reviveCost, 0...1 << 26)
        limit(&limited.stayCost, 0...1 << 26)
        limit(&limited.edgeCost, 0...1 << 26)
        limit(&limited.birthMemory, 1_000_000_000...1 << 60)
        limit(&limited.vagueness, 0...1 << 20)
        limit(&limited.lowNoise, 65536...1 << 20)
        limit(&limited.leastOverlap, 1...65536)
        limit(&limited.duplicateOverlap, 1...65536)
        limit(&limited.shiftTrust, 0...1 << 24)
        limit(&limited.scaleRate, 0...65536 / 8)
        limit(&limited.agilityRate, 0...65536 / 8)
        limit(&limited.confirmScore, 0...1 << 30)
        limit(&limited.besideScore, 0...1 << 30)
        limit(&limited.besideOverlap, 1...65536)
        limit(&limited.pixelNoise, 0...1 << 16)
        limit(&limited.shape, 0...65536)
        limit(&limited.coasting, 1_000_000...1 << 60)
        return limited
    }
}
