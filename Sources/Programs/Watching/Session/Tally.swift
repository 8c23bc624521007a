import Events
import Recording
import Sensors

/// What was counted since the start, by sources and recorders that others have taken the place of.
struct Tally {
    /// Frames that came and were not inferred.
    var dropped: Int64 = 0
    /// Frames in which nothing moved.
    var idle: Int64 = 0
    private var taken: Int64 = 0  // of these, by the frames inferred since
    private var faults: Int64?
    private var damaged: Int64 = 0
    private var kept: Int64 = 0
    private var missed: Int64 = 0

    mutating func add(_ source: Source) {
        dropped += source.dropped
        guard let troubles = source.troubles else { return }
        faults = (faults ?? 0) + troubles.faults
        damaged += troubles.damaged
    }

    mutating func add(_ recorder: Recorder) {
        kept += recorder.counts.kept
        missed += recorder.counts.missed
    }

    /// Frames in which nothing moved since the last that was inferred.
    mutating func takeStill() -> Int64 {
        defer { taken = idle }
        return idle - taken
    }

    /// Puts them into what events carry.
    func write(into progress: inout SourceProgress, hasGate: Bool, isRecorded: Bool) {
        progress.dropped = dropped
        progress.faults = faults
        progress.damaged = damaged
        progress.idle = hasGate ? idle : nil
        progress.recorded = isRecorded ? (kept, missed) : nil
    }
}
