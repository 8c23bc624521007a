import ArgumentParser
import Boards

/// `--mean` and `--std`, wherever pictures become a model's input.
struct PixelOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What a pixel p means to the model is (p - mean) / std: one number, or one a channel with commas.",
            valueName: "numbers"))
    var mean: NumberList?

    @Option(help: ArgumentHelp("See --mean.", valueName: "numbers"))
    var std: NumberList?

    /// Refuses means and deviations that do not belong together.
    func validate() throws {
        if (mean == nil) != (std == nil) { throw ValidationError("--mean and --std go together; give both") }
        if let std, !std.numbers.allSatisfy({ $0 > 0 }) { throw ValidationError("--std: numbers must be above 0") }
        if let mean, let std, mean.numbers.count != std.numbers.count {
            throw ValidationError(
                "--mean has \(mean.numbers.count) numbers and --std \(std.numbers.count); give as many of both")
        }
    }

    /// Nil where they are not given.
    var scale: SensorFile.PixelScale? {
        guard let mean, let std else { return nil }
        return .normalized(mean: mean.numbers, std: std.numbers)
    }
}
