/// Which output of one model is which of another.
struct OutputPairing {
    /// How they were found to belong together.
    enum Rule: String, Codable {
        case name, order, shape
    }

    let rule: Rule
    /// For each output of the first model the position of the second's.
    let partners: [Int]

    /// By name where both have the same names; else in their order where the shapes are the same, but for extents of 1; else by
    /// shapes that occur once.
    /// - Throws: where they do not correspond.
    init(_ first: any ComparedModel, _ second: any ComparedModel) throws(Failure) {
        let (a, b) = (first.outputs, second.outputs)
        func list(_ outputs: [ComparedTensor]) -> String { outputs.map(\.text).joined(separator: ", ") }
        guard a.count == b.count else {
            throw Failure(
                "\(second.path): has \(Format.count(b.count, "output")), \(list(b)), but \(first.path) has \(a.count), \(list(a)); "
                    + "compare models with the same outputs")
        }
        let named = a.map { output in b.indices.filter { b[$0].name == output.name } }
        let shaped = a.map { output in b.indices.filter { b[$0].extents == output.extents } }
        if named.allSatisfy({ $0.count == 1 }), Set(named.joined()).count == a.count {
            (rule, partners) = (.name, named.map { $0[0] })
        } else if !a.indices.allSatisfy({ a[$0].extents == b[$0].extents }), shaped.allSatisfy({ $0.count == 1 }),
            Set(shaped.joined()).count == a.count
        {
            (rule, partners) = (.shape, shaped.map { $0[0] })
        } else {
            (rule, partners) = (.order, Array(a.indices))
        }
        for (index, partner) in partners.enumerated() where a[index].extents != b[partner].extents {
            let isTurned = a[index].extents.sorted() == b[partner].extents.sorted()
            throw Failure(
                "\(second.path): its output \(b[partner].text) is not laid out as \(a[index].text) of \(first.path)"
                    + (isTurned
                        ? ", but has the same extents in another order, as channels first and channels last have; export "
                            + "both models with one order" : "; compare models with the same outputs"))
        }
    }
}
