/// How many events were dropped and not yet reported, by class and by where.
struct DropCounts: Equatable {
    enum Place: Int, CaseIterable {
        /// The link's queue was full.
        case queue = 0
        /// The broker does not take them.
        case broker = 1
        /// The disk did not.
        case disk = 2

        var name: StaticString {
            switch self {
            case .queue: "queue"
            case .broker: "broker"
            case .disk: "disk"
            }
        }
    }

    /// Classes at each place, and those that never came from the sensor: of those the class is not known.
    static var places: Int { Place.allCases.count * 4 + 1 }

    var values = [Int64](repeating: 0, count: DropCounts.places)

    mutating func add(_ kind: EventClass, at place: Place, _ count: Int64 = 1) {
        values[place.rawValue * 4 + Int(kind.rawValue)] += count
    }

    mutating func addMissing(_ count: Int64) { values[DropCounts.places - 1] += count }

    /// Whether nothing is to be reported.
    var isEmpty: Bool { values.allSatisfy { $0 == 0 } }

    var total: Int64 { values.reduce(0, +) }

    /// The next to report: its index in `values`.
    var first: Int? { values.firstIndex { $0 > 0 } }

    /// What `values[index]` counts.
    static func names(_ index: Int) -> (kind: StaticString, place: StaticString) {
        guard index < places - 1, let kind = EventClass(rawValue: UInt8(index % 4)),
            let place = Place(rawValue: index / 4)
        else { return ("unknown", "sensor") }
        return (kind.name, place.name)
    }
}
