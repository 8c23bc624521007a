/// Numbers that are joined to sets, each known by one of its members.
struct DisjointSets {
    private var parents: [Int]

    /// 0 to `count - 1`, each by itself.
    init(count: Int) { parents = Array(0..<count) }

    func root(_ member: Int) -> Int {
        var member = member
        while parents[member] != member { member = parents[member] }
        return member
    }

    /// The set of both is known by what that of `b` was.
    mutating func join(_ a: Int, _ b: Int) { parents[root(a)] = root(b) }
}
