/// A rewrite of a graph, by name.
///
/// Passes are applied in the order of their list. What one ensures, those after it rely on.
public struct Pass: Sendable {
    /// What it does to an operation, as reports count it.
    public let name: String
    /// Of the graph that it takes and gives.
    public let level: Level
    /// What it relies on beside a valid graph of its level.
    public let needs: String
    /// What holds afterwards, beside that the graph is valid and computes the same.
    public let ensures: String
    private let body: @Sendable (inout Graph) throws(GraphError) -> Int

    /// - Parameter body: gives how often it applied.
    public init(
        _ name: String, _ level: Level, needs: String = "", ensures: String,
        _ body: @escaping @Sendable (inout Graph) throws(GraphError) -> Int
    ) {
        (self.name, self.level, self.needs, self.ensures, self.body) = (name, level, needs, ensures, body)
    }

    /// Rewrites a graph.
    /// - Parameters:
    ///   - validates: whether the result is checked; always where debugging.
    ///   - traces: whether what changed is named.
    /// - Throws: what has no valid result, with the pass's name where that is its own fault.
    public func run(
        _ graph: inout Graph, validates: Bool, traces: Bool = false
    ) throws(GraphError) -> PassRun {
        try PassRun.of(name, level, needs: needs, ensures: ensures, &graph, validates: validates, traces: traces, body)
    }
}

/// What one pass did.
public struct PassRun: Sendable, Encodable {
    public let name: String
    /// "float32", "int8", or "steps" of what is no graph any more.
    public let level: String
    public let needs: String
    public let ensures: String
    /// How often it applied.
    public var applied: Int
    /// Operations, or steps.
    public let before: Int
    public let after: Int
    /// By where they stand in the model's file.
    public let removed: [String]
    public let changed: [String]
    public let added: [String]

    /// - Parameters:
    ///   - before: where each operation stands in the file, and what it is; empty: what changed is not asked for.
    ///   - counts: of all operations.
    public init(
        _ name: String, level: String, needs: String, ensures: String, applied: Int, counts: (before: Int, after: Int),
        before: [(origin: String, what: String)], after: [(origin: String, what: String)]
    ) {
        (self.name, self.level, self.needs, self.ensures) = (name, level, needs, ensures)
        (self.applied, self.before, self.after) = (applied, counts.before, counts.after)
        func grouped(_ list: [(origin: String, what: String)]) -> [String: [String]] {
            Dictionary(grouping: list) { $0.origin }.mapValues { $0.map(\.what) }
        }
        func unique(_ list: [(origin: String, what: String)]) -> [String] {
            var seen: Set<String> = []
            return list.map(\.origin).filter { seen.insert($0).inserted }
        }
        let (old, new) = (grouped(before), grouped(after))
        removed = unique(before).filter { new[$0] == nil }
        added = unique(after).filter { old[$0] == nil }
        changed = unique(after).filter { old[$0] != nil && old[$0] != new[$0] }
    }

    /// A rewrite that is no `Pass`, as it needs more than the graph.
    public static func of(
        _ name: String, _ level: Level, needs: String, ensures: String, _ graph: inout Graph, validates: Bool,
        traces: Bool, _ body: (inout Graph) throws(GraphError) -> Int
    ) throws(GraphError) -> PassRun {
        let count = graph.nodes.count
        let before = traces ? graph.described : []
        let applied = try body(&graph)
        if validates || Self.isDebugging {
            do throws(GraphError) { try graph.withoutUnreadScales.validate() } catch {
                throw GraphError(
                    node: error.node, tensor: error.tensor,
                    problem: "after '\(name)' the model is not sound (\(error.problem)); please report it")
            }
        }
        return PassRun(
            name, level: level == .real ? "float32" : "int8", needs: needs, ensures: ensures, applied: applied,
            counts: (count, graph.nodes.count), before: before, after: traces ? graph.described : [])
    }

    /// A graph of another level, made of one: what is between two lists of passes.
    public static func between(
        _ name: String, needs: String, ensures: String, _ before: Graph, _ after: Graph, traces: Bool
    ) -> PassRun {
        PassRun(
            name, level: after.level == .real ? "float32" : "int8", needs: needs, ensures: ensures,
            applied: after.nodes.count, counts: (before.nodes.count, after.nodes.count),
            before: traces ? before.described : [], after: traces ? after.described : [])
    }

    /// Whether this is a build for debugging, in which everything is checked.
    public static var isDebugging: Bool {
        var result = false
        assert(
            {
                result = true
                return true
            }())
        return result
    }
}

extension Graph {
    /// A pass may leave constants that nothing reads any more; scales that only weights may have are no fault there.
    fileprivate var withoutUnreadScales: Graph {
        let read = Set(nodes.flatMap(\.inputs) + inputs + outputs)
        var graph = self
        for id in tensors.indices where tensors[id].constant != nil && !read.contains(id) {
            graph.tensors[id].quantization = nil
        }
        return graph
    }

    /// Each operation's place in the file, and what it is and reads.
    fileprivate var described: [(origin: String, what: String)] {
        nodes.map { ($0.origin, "\($0.operation) \($0.inputs) \($0.outputs)") }
    }
}
