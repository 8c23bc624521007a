import TestSupport
import Testing

@testable import Tracking

@Suite struct AssignmentTests {
    /// The greatest sum, by trying everything.
    private func greatest(_ worth: [[Int64]], _ row: Int = 0, _ used: Int = 0) -> Int64 {
        guard row < worth.count else { return 0 }
        var most = greatest(worth, row + 1, used)
        for (column, value) in worth[row].enumerated() where value > 0 && used >> column & 1 == 0 {
            most = max(most, value + greatest(worth, row + 1, used | 1 << column))
        }
        return most
    }

    @Test func findsTheGreatestSum() {
        var numbers = SplitMix64(state: 7)
        var assignment = Assignment(rows: 5, columns: 6)
        for _ in 0..<800 {
            let density = Int.random(in: 1...4, using: &numbers)
            // Few different values, so that many sums are equal.
            let worth = (0..<5).map { _ in
                (0..<6).map { _ in
                    Int.random(in: 0..<4, using: &numbers) < density ? Int64.random(in: 0...9, using: &numbers) : 0
                }
            }
            assignment.clear()
            for (row, values) in worth.enumerated() {
                for (column, value) in values.enumerated() where value > 0 {
                    assignment.add(row: row, column: column, worth: value)
                }
            }
            assignment.solve()
            var sum: Int64 = 0
            var columns = Set<Int>()
            for row in 0..<5 {
                guard let column = assignment.column(of: row) else { continue }
                #expect(columns.insert(column).inserted)
                #expect(worth[row][column] > 0)
                sum += worth[row][column]
            }
            #expect(sum == greatest(worth))
        }
    }

    @Test func keepsTheBestOfTooManyPairs() {
        var assignment = Assignment(rows: 1, columns: 100)
        for column in 0..<100 { assignment.add(row: 0, column: column, worth: Int64(column * 37 % 101) + 1) }
        assignment.solve()
        #expect(assignment.column(of: 0) == (0..<100).max { $0 * 37 % 101 < $1 * 37 % 101 })
    }
}

@Suite struct FixedPointTests {
    @Test func rootsAreTheGreatestWholeOnes() {
        for value in [0, 1, 2, 3, 4, 15, 16, 17, 99, 1 << 40, (1 << 40) - 1, UInt64.max] as [UInt64] {
            let root = FixedPoint.squareRoot(value)
            #expect(root * root <= value)
            #expect((root + 1).multipliedReportingOverflow(by: root + 1).overflow || (root + 1) * (root + 1) > value)
        }
    }

    @Test func logarithmsOfPowersAreExact() {
        for exponent in 0..<63 { #expect(FixedPoint.logarithm(1 << Int64(exponent)) == Int64(exponent) << 16) }
        #expect(FixedPoint.logarithm(3) == 98304)
    }

    @Test func timesSaturate() {
        #expect(FixedPoint.elapsed(from: .min, to: .max) == .max)
        #expect(FixedPoint.elapsed(from: .max, to: .min) == 0)
        #expect(FixedPoint.elapsed(from: 3, to: 10) == 7)
    }
}
