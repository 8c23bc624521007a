import Testing

typealias Change = (inout SampleStep) -> Void

/// Expects that the changed step is refused for a reason that contains `text`.
func refuse(
    _ sample: SampleStep, _ text: String, sourceLocation: SourceLocation = #_sourceLocation, _ change: Change
) throws {
    var changed = sample
    change(&changed)
    let reason = try changed.refusal()
    #expect(
        reason?.contains(text) == true, "kernel \(sample.step.kernel), \(sample.set): \(reason ?? "taken")",
        sourceLocation: sourceLocation)
}

/// Expects that the changed step is taken.
func accept(
    _ sample: SampleStep, sourceLocation: SourceLocation = #_sourceLocation, _ change: Change = { _ in }
) throws {
    var changed = sample
    change(&changed)
    let reason = try changed.refusal()
    #expect(
        reason == nil, "kernel \(sample.step.kernel), \(sample.set): \(reason ?? "")",
        sourceLocation: sourceLocation)
}
