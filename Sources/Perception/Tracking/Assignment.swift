/// Which row gets which column so that the sum of what pairs are worth is the greatest, where a row may get none.
///
/// Shortest augmenting paths with potentials (Jonker and Volgenant, "A shortest augmenting path algorithm for dense
/// and sparse linear assignment problems", Computing 38, 1987), on the few pairs that are possible. Each row has a
/// column of its own besides, worth nothing; so there is always an answer. A search touches what the row's pairs lead
/// to alone, and none takes more steps than there are pairs and squared columns.
struct Assignment: ~Copyable {
    /// Pairs a row may have; the best ones are kept.
    static var pairs: Int { 16 }
    static var none: Int32 { -1 }

    private let rows, columns: Int
    private let pairColumn: UnsafeMutableBufferPointer<Int32>
    private let pairWorth: UnsafeMutableBufferPointer<Int64>
    private let pairCount: UnsafeMutableBufferPointer<Int32>
    private let rowColumn, columnRow: UnsafeMutableBufferPointer<Int32>
    private let rowPotential, columnPotential: UnsafeMutableBufferPointer<Int64>
    private let distance: UnsafeMutableBufferPointer<Int64>
    private let before: UnsafeMutableBufferPointer<Int32>  // the row that a search came from
    private let mark: UnsafeMutableBufferPointer<UInt8>  // of a column in a search: untouched, touched, done
    private let touched: UnsafeMutableBufferPointer<Int32>
    private var touchedCount = 0
    /// Columns that searches looked at, and pairs, since the last `clear`: what bounds the time.
    private(set) var steps = 0

    init(rows: Int, columns: Int) {
        (self.rows, self.columns) = (rows, columns)
        pairColumn = .allocate(capacity: rows * Self.pairs)
        pairWorth = .allocate(capacity: rows * Self.pairs)
        pairCount = .allocate(capacity: rows)
        rowColumn = .allocate(capacity: rows)
        columnRow = .allocate(capacity: columns)
        rowPotential = .allocate(capacity: rows)
        columnPotential = .allocate(capacity: columns)
        distance = .allocate(capacity: columns)
        before = .allocate(capacity: columns)
        mark = .allocate(capacity: columns)
        touched = .allocate(capacity: columns)
        mark.initialize(repeating: 0)
        clear()
    }

    deinit {
        pairColumn.deallocate()
        pairWorth.deallocate()
        pairCount.deallocate()
        rowColumn.deallocate()
        columnRow.deallocate()
        rowPotential.deallocate()
        columnPotential.deallocate()
        distance.deallocate()
        before.deallocate()
        mark.deallocate()
        touched.deallocate()
    }

    /// Forgets all pairs.
    mutating func clear() {
        steps = 0
        pairCount.initialize(repeating: 0)
        rowColumn.initialize(repeating: Self.none)
        columnRow.initialize(repeating: Self.none)
        rowPotential.initialize(repeating: 0)
        columnPotential.initialize(repeating: 0)
    }

    /// - Parameter worth: above 0, at most 2^40.
    mutating func add(row: Int, column: Int, worth: Int64) {
        let start = row * Self.pairs
        let count = Int(pairCount[row])
        var place = start + count
        if count < Self.pairs {
            pairCount[row] += 1
        } else {
            place = start
            for other in start..<start + count where pairWorth[other] < pairWorth[place] { place = other }
            guard pairWorth[place] < worth else { return }
        }
        pairColumn[place] = Int32(truncatingIfNeeded: column)
        pairWorth[place] = worth
    }

    mutating func solve() {
        for row in 0..<rows where pairCount[row] > 0 { insert(row) }
    }

    /// nil: none.
    func column(of row: Int) -> Int? { rowColumn[row] < 0 ? nil : Int(rowColumn[row]) }
    func row(of column: Int) -> Int? { columnRow[column] < 0 ? nil : Int(columnRow[column]) }

    /// Gives a row the column, or none, that changes the sum for the best, and moves others for it.
    private mutating func insert(_ first: Int) {
        touchedCount = 0
        var row = first
        var reached: Int64 = 0
        var lastRow = first  // the one whose own column ends the cheapest path so far
        var lastDistance = Int64.max
        var end = Self.none
        while true {
            let own = reached - rowPotential[row]
            if own < lastDistance { (lastRow, lastDistance) = (row, own) }
            relax(row, reached)
            steps += touchedCount + Int(pairCount[row])
            var nearest = Self.none
            var least = lastDistance
            for index in 0..<touchedCount where mark[Int(touched[index])] == 1 && distance[Int(touched[index])] < least
            {
                nearest = touched[index]
                least = distance[Int(nearest)]
            }
            reached = least
            guard nearest != Self.none else { break }
            mark[Int(nearest)] = 2
            let owner = columnRow[Int(nearest)]
            if owner == Self.none {
                end = nearest
                break
            }
            row = Int(owner)
        }
        settle(first, reached)
        if end == Self.none {
            // The last row leaves its column to those before it on the path.
            end = rowColumn[lastRow]
            rowColumn[lastRow] = Self.none
            if lastRow == first { return }
        }
        while end != Self.none {
            let owner = before[Int(end)]
            columnRow[Int(end)] = owner
            let next = rowColumn[Int(owner)]
            rowColumn[Int(owner)] = end
            if Int(owner) == first { break }
            end = next
        }
    }

    /// Notes shorter ways to a row's columns.
    private mutating func relax(_ row: Int, _ reached: Int64) {
        let start = row * Self.pairs
        for pair in start..<start + Int(pairCount[row]) {
            let column = Int(pairColumn[pair])
            guard mark[column] != 2 else { continue }
            let way = reached - pairWorth[pair] - rowPotential[row] - columnPotential[column]
            if mark[column] == 0 {
                mark[column] = 1
                touched[touchedCount] = Int32(truncatingIfNeeded: column)
                touchedCount += 1
            } else if way >= distance[column] {
                continue
            }
            distance[column] = way
            before[column] = Int32(truncatingIfNeeded: row)
        }
    }

    /// Corrects the potentials by a search that went `reached` far, and forgets its marks.
    private mutating func settle(_ first: Int, _ reached: Int64) {
        rowPotential[first] += reached
        for index in 0..<touchedCount {
            let column = Int(touched[index])
            if mark[column] == 2 {
                let owner = columnRow[column]
                if owner != Self.none { rowPotential[Int(owner)] += reached - distance[column] }
                columnPotential[column] -= reached - distance[column]
            }
            mark[column] = 0
        }
    }
}
