extension BoardProfile {
    /// Linux numbers CPUs and GPIO lines from 0; no board comes near these.
    private static let cpuNumbers = 0...1023
    private static let lineNumbers = 0...1023

    init(_ document: Document, name: String) throws(ConfigurationError) {
        let top = try Section(
            document,
            keys: [
                "title", "soc", "compatible", "cpu", "kernels", "threads", "pin", "memory", "camera", "gpio",
            ])
        self.name = name
        title = try top.required("title", top.text("title"), "Raspberry Pi 4")
        soc = try top.text("soc")
        compatible = try Self.words("compatible", in: top) ?? []
        let cpu = try top.required(
            "cpu", top.section("cpu", keys: ["arch", "isa", "vlen", "l3", "clusters"]), "{ arch: aarch64 }")
        architecture = try cpu.required("arch", cpu.choice("arch", of: Architecture.self), "aarch64")
        extensions = try Self.words("isa", in: cpu) ?? []
        vectorBits = try cpu.integer("vlen", 32...65536)
        if let vectorBits, vectorBits.nonzeroBitCount != 1 || architecture != .riscv64 {
            throw cpu.failure("vlen", "expected a power of two, with `arch: riscv64`, found \(vectorBits)")
        }
        l3 = try cpu.bytes("l3")
        clusters = try Self.clusters(of: cpu)
        kernels = try top.required("kernels", top.choice("kernels", of: KernelChoice.self), "scalar")
        threads = try top.required("threads", top.integer("threads", 1...16), "1")
        pin = try top.integers("pin", Self.cpuNumbers) ?? []
        memory = try top.bytes("memory")
        camera = try Self.camera(of: top)
        gpio = try Self.gpio(of: top)
        try checkKernels(top)
        try checkThreads(top)
    }

    /// A list of at least one word, none of them twice.
    private static func words(_ key: String, in section: Section) throws(ConfigurationError) -> [String]? {
        guard let words = try section.texts(key) else { return nil }
        guard !words.isEmpty else { throw section.failure(key, "the list is empty; leave out what is not known") }
        for (index, word) in words.enumerated() where words[..<index].contains(word) {
            throw section.failure(key, item: index, "\"\(word)\" is listed twice")
        }
        return words
    }

    private static func clusters(of cpu: Section) throws(ConfigurationError) -> [Cluster] {
        let sections = try cpu.sections("clusters", keys: ["core", "cpus", "l1i", "l1d", "l2"], limit: 16) ?? []
        var clusters: [Cluster] = []
        var known: Set<Int> = []
        for section in sections {
            let cpus = try section.required("cpus", section.integers("cpus", cpuNumbers), "[0, 1, 2, 3]")
            guard !cpus.isEmpty else { throw section.failure("cpus", "the list is empty") }
            for (index, cpu) in cpus.enumerated() where !known.insert(cpu).inserted {
                throw section.failure("cpus", item: index, "CPU \(cpu) is listed twice")
            }
            clusters.append(
                Cluster(
                    core: try section.required("core", section.text("core"), "Cortex-A53"), cpus: cpus,
                    l1i: try section.bytes("l1i"), l1d: try section.bytes("l1d"), l2: try section.bytes("l2")))
        }
        return clusters
    }

    private static func camera(of top: Section) throws(ConfigurationError) -> Camera? {
        guard let section = try top.section("camera", keys: ["connector", "driver", "device", "pipe", "source"]) else {
            return nil
        }
        let camera = Camera(
            connector: try section.text("connector"), driver: try section.text("driver"),
            device: try section.text("device"), pipe: try section.text("pipe"), source: try section.text("source"))
        guard (camera.pipe == nil) == (camera.source == nil) else {
            throw section.failure(
                nil, "`pipe` and `source` belong together: what writes the frames, and how to read them")
        }
        return camera
    }

    private static func gpio(of top: Section) throws(ConfigurationError) -> [GPIOChip] {
        var chips: [GPIOChip] = []
        var names: Set<String> = []
        for section in try top.sections("gpio", keys: ["chip", "bank", "lines"], limit: 64) ?? [] {
            let label = try section.required("chip", section.text("chip"), "pinctrl-bcm2711")
            let bank = try section.integer("bank", 0...63)
            guard !chips.contains(where: { $0.label == label && ($0.bank == bank || $0.bank == nil || bank == nil) })
            else {
                throw section.failure(
                    "chip", "\"\(label)\" is listed twice; tell chips of one label apart with `bank`")
            }
            var lines: [GPIOLine] = []
            for (name, offset) in try section.namedIntegers("lines", lineNumbers) ?? [] {
                if let other = lines.first(where: { $0.offset == offset }) {
                    throw section.failure("lines", "\(other.name) and \(name) are both line \(offset)")
                }
                guard names.insert(name).inserted else {
                    throw section.failure("lines", "\(name) is a line of another chip as well")
                }
                lines.append(GPIOLine(name: name, offset: offset))
            }
            chips.append(GPIOChip(label: label, bank: bank, lines: lines))
        }
        return chips
    }

    private func checkKernels(_ top: Section) throws(ConfigurationError) {
        guard let needed = kernels.requirement else { return }
        guard needed.architecture == architecture else {
            throw top.failure(
                "kernels",
                "\"\(kernels.rawValue)\" needs `arch: \(needed.architecture.rawValue)`, not \(architecture.rawValue)")
        }
        guard let needed = needed.extension, !extensions.isEmpty, !extensions.contains(needed) else { return }
        throw top.failure(
            "kernels", "\"\(kernels.rawValue)\" needs the extension \(needed), which `cpu.isa` does not list")
    }

    private func checkThreads(_ top: Section) throws(ConfigurationError) {
        let cpus = clusters.flatMap(\.cpus)
        guard clusters.isEmpty || threads <= cpus.count else {
            throw top.failure("threads", "\(threads) threads on \(cpus.count) core(s); give 1 to \(cpus.count)")
        }
        guard top.has("pin") else { return }
        guard pin.count == threads else {
            throw top.failure("pin", "expected \(threads) CPU number(s), one for each thread, found \(pin.count)")
        }
        for (index, cpu) in pin.enumerated() {
            guard !pin[..<index].contains(cpu) else {
                throw top.failure("pin", item: index, "CPU \(cpu) is listed twice")
            }
            guard cpus.isEmpty || cpus.contains(cpu) else {
                throw top.failure("pin", item: index, "CPU \(cpu) is in none of `cpu.clusters`")
            }
        }
    }
}
