import Boards
import Testing

/// Profiles found by what the daemon's probe prints.
@Suite struct BoardMatchTests {
    private func match(
        _ arch: String, _ compatible: [String], isa: [String] = [], usable: Int = 4, best: String
    ) throws -> BoardMatch {
        let json = """
            {"program": "ocellusd 0.1.0", "board": {"compatible": \(compatible)},
             "cpu": {"arch": "\(arch)", "isa": \(isa), "usable": \(usable), "clusters": []}, "best": "\(best)"}
            """
        return try BoardMatch(json: Array(json.utf8), file: "probe.json")
    }

    @Test("Every board is known by each of its device tree's names", arguments: BoardProfile.builtInNames)
    func everyBoard(name: String) throws {
        let board = try BoardProfile.find(name)
        for compatible in board.compatible {
            let found = try match(
                board.architecture.rawValue, [compatible, "maker,chip"], isa: board.extensions, usable: 8,
                best: board.kernels.rawValue)
            #expect(found.profile == board && found.remarks.isEmpty, "\(found.remarks)")
        }
    }

    @Test("The first name decides") func order() throws {
        let found = try match(
            "aarch64", ["raspberrypi,5-model-b", "raspberrypi,4-model-b"], isa: ["asimd", "asimddp"], best: "dotprod")
        #expect(found.profile.name == "raspberry-pi-5" && found.remarks.isEmpty)
    }

    @Test("A board without a profile gets the generic one, and is told the fastest kernels") func unknown() throws {
        let found = try match("riscv64", ["maker,board"], isa: ["v"], best: "rvv")
        #expect(found.profile.name == "generic-riscv64" && found.remarks.count == 2)
        #expect(found.remarks[0].hasPrefix("no profile for \"maker,board\""))
        #expect(found.remarks[1].hasSuffix("build with --kernels rvv"))
    }

    @Test("What the machine lacks is said") func lacking() throws {
        let found = try match("aarch64", ["raspberrypi,5-model-b"], isa: ["asimd"], usable: 2, best: "neon")
        #expect(found.profile.name == "raspberry-pi-5" && found.remarks.count == 2)
        #expect(found.remarks[0].contains("need asimddp") && found.remarks[1].contains("2 usable"))
    }

    @Test(
        "Other files are refused",
        arguments: ["", "{}", "[1]", #"{"board":{},"cpu":{"arch":"mips","isa":[],"usable":1},"best":"x"}"#])
    func refused(text: String) {
        #expect(throws: ConfigurationError.self) { try BoardMatch(json: Array(text.utf8), file: "probe.json") }
    }
}
