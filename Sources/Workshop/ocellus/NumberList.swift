import ArgumentParser

/// Numbers on the command line, with commas between them.
struct NumberList: ExpressibleByArgument {
    let numbers: [Double]

    init?(argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        guard numbers.allSatisfy({ $0?.isFinite ?? false }) else { return nil }
        self.numbers = numbers.compactMap(\.self)
    }
}
