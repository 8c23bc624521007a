import Compiler
import Foundation
import Quantization
import System

/// Quantizing with more and more effort, until it loses little enough on pictures that were held back.
struct LossSearch {
    /// One way to quantize, and what came of it.
    struct Attempt: Encodable {
        /// In words.
        var what: String
        /// 1 less the mean correlation of the output that correlates least.
        var loss: Double
        var seconds: Double
        var bundleBytes: Int
        /// Whether it lost less than those before, which what follows builds on.
        var isKept: Bool
    }

    /// An int8 model, measured, and its bundle.
    typealias Build = (quantization: Quantizing.Result, compiled: Compiler.Result)

    /// - Parameters:
    ///   - loss: what is allowed; nil: what is usual is taken whatever it loses.
    ///   - path: the model's, for errors.
    ///   - build: makes and measures one.
    /// - Throws: where it cannot be met, what was reached.
    static func run(
        atMost loss: Double?, about path: String, _ build: (Effort) throws(Failure) -> Build
    ) throws(Failure) -> Build {
        var attempts: [Attempt] = []
        func attempt(_ effort: Effort, _ what: String, below best: Double) throws(Failure) -> Build {
            let start = Clock.monotonic
            let made = try build(effort)
            let report = made.quantization.report
            attempts.append(
                Attempt(
                    what: what, loss: report.loss, seconds: Double(Clock.monotonic - start) / 1e9,
                    bundleBytes: made.compiled.bundle.count, isKept: report.loss < best))
            return made
        }
        var best = try attempt(.usual, "as usual", below: .infinity)
        guard let loss else { return best }
        var levers: Set<Effort.Lever> = []
        // What the file gives, no effort changes.
        for lever in Effort.Lever.allCases
        where best.quantization.report.loss > loss && !best.quantization.report.isGiven {
            let made = try attempt(
                Effort(levers.union([lever])), lever.rawValue, below: best.quantization.report.loss)
            guard made.quantization.report.loss < best.quantization.report.loss else { continue }
            best = made
            levers.insert(lever)
        }
        let report = best.quantization.report
        guard report.loss <= loss else {
            let tried = attempts.map { $0.what + String(format: " %.4f in %.0f s", $0.loss, $0.seconds) }
            let worst = report.worst.first.map { "; \($0.origin) loses most by itself: \($0.remedy)" } ?? ""
            throw Failure(
                path,
                "output '\(report.outputs.leastCorrelated?.name ?? "")' loses " + String(format: "%.4f", report.loss)
                    + " at the least, more than --max-loss \(loss), and nothing is written; tried: "
                    + tried.joined(separator: ", ") + worst)
        }
        best.quantization.report.attempts = attempts
        return best
    }
}
