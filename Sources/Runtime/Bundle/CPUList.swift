import System

/// CPUs as Linux lists them, in the order given: `0-3, 6`.
public func cpuList(_ cpus: [Int]) -> String {
    var text = ""
    var index = 0
    while index < cpus.count {
        var last = index
        while last + 1 < cpus.count, cpus[last + 1] == cpus[last] + 1 { last += 1 }
        if index > 0 { text += ", " }
        text += "\(cpus[index])"
        if last > index { text += "-\(cpus[last])" }
        index = last + 1
    }
    return text
}
