import Bundle

extension BoardProfile {
    /// One line of what is known about a board, to print.
    public struct Fact: Sendable, Equatable {
        /// The key of the profile's file, or its part's, for example `cpu`.
        public var key: String
        public var value: String
    }

    /// Everything that the profile says beside its name and title, in the file's order; several facts may share a key.
    public var facts: [Fact] {
        var facts: [Fact] = []
        func add(_ key: String, _ value: String?) {
            if let value, !value.isEmpty { facts.append(Fact(key: key, value: value)) }
        }
        add("soc", soc)
        add("compatible", compatible.joined(separator: ", "))
        add("arch", architecture.rawValue)
        add("isa", extensions.joined(separator: " "))
        add("vlen", vectorBits.map { "\($0) bits" })
        for cluster in clusters { add("cpu", cluster.summary) }
        add("l3", l3.map(sizeText))
        add("kernels", kernels.rawValue)
        add("threads", pin.isEmpty ? "\(threads)" : "\(threads), on CPU \(cpuList(pin))")
        add("memory", memory.map(sizeText))
        add("camera connector", camera?.connector)
        add("camera driver", camera?.driver)
        add("camera device", camera?.device)
        add("camera pipe", camera?.pipe)
        add("camera source", camera?.source)
        for chip in gpio { add("gpio", chip.summary) }
        return facts
    }
}

extension BoardProfile.Cluster {
    /// `4 x Cortex-A53, CPU 0-3, L1 32 KiB instructions and 32 KiB data, L2 512 KiB`
    fileprivate var summary: String {
        let l1 = [l1i.map { "\(sizeText($0)) instructions" }, l1d.map { "\(sizeText($0)) data" }].compactMap { $0 }
        return [
            "\(cpus.count) x \(core)", "CPU \(cpuList(cpus))",
            l1.isEmpty ? nil : "L1 " + l1.joined(separator: " and "),
            l2.map { "L2 \(sizeText($0))" },
        ].compactMap { $0 }.joined(separator: ", ")
    }
}

extension BoardProfile.GPIOChip {
    /// `600000.gpio: 3 USR0, 4 USR1`
    fileprivate var summary: String {
        let chip = bank.map { "\(label) bank \($0)" } ?? label
        let lines = lines.map { "\($0.offset) \($0.name)" }.joined(separator: ", ")
        return lines.isEmpty ? chip : "\(chip): \(lines)"
    }
}

/// `512 KiB`: in the largest unit that keeps the number whole.
private func sizeText(_ bytes: Int) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] where bytes & (1 << shift - 1) == 0 {
        return "\(bytes >> shift) \(unit)"
    }
    return "\(bytes) B"
}
