import Foundation
import FoundationXML
import TestSupport
import Testing

@Suite struct InspectTests {
    @Test("A bundle is shown whole: what build reported, every step, a map and a picture of the arena")
    func bundle() throws {
        let folder = try Folder()
        let built = try Command("build", Sample.sensor, "--kernels", "scalar", "--json", in: folder).fields
        let text = try Command("inspect", "person-sensor.ocellus", "--svg", "arena.svg", in: folder)
        #expect(text.code == 0, "\(text.errors)")
        for part in ["Sections", "Labels", "Tensors", "Steps", "Arena", "enter after 400 ms", "depthwise"] {
            #expect(text.text.contains(part), "\(part)")
        }

        let fields = try Command("inspect", "person-sensor.ocellus", "--json", in: folder).fields
        for key in ["arenaBytes", "macs", "threads"] { #expect(fields[key] as? Int == built[key] as? Int, "\(key)") }
        let steps = try #require(fields["steps"] as? [[String: Any]])
        #expect(steps.count == built["steps"] as? Int)
        #expect(fields["labels"] as? [String] == ["not a person", "person"])

        let picture = Elements()
        let parser = XMLParser(data: Data(try folder.read("arena.svg")))
        parser.delegate = picture
        #expect(parser.parse())
        #expect(picture.counts["svg"] == 1)
        // Scratch and tensors, each with a tip.
        #expect((picture.counts["title"] ?? 0) > steps.count)
    }

    @Test("A model is shown with operators and quantization")
    func model() throws {
        let folder = try Folder()
        let text = try Command("inspect", Sample.personDetect, in: folder).text
        #expect(text.contains("DEPTHWISE_CONV_2D") && text.contains("7,157,888") && text.contains("for 8 channels"))
        let fields = try Command("inspect", Sample.personDetect, "--json", in: folder).fields
        #expect((fields["operators"] as? [Any])?.count == 31)
    }

    private final class Elements: NSObject, XMLParserDelegate {
        var counts: [String: Int] = [:]

        func parser(
            _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) { counts[elementName, default: 0] += 1 }
    }
}

@Suite struct BoardsCommandTests {
    @Test("Profiles are listed and shown")
    func boards() throws {
        let folder = try Folder()
        let list = try Command("boards", in: folder)
        #expect(list.code == 0 && list.text.contains("generic-aarch64") && list.text.contains("host"))
        let one = try Command("boards", "generic-riscv64", in: folder)
        #expect(one.text.contains("riscv64") && one.text.contains("scalar"))
        let board = try Command("boards", "raspberry-pi-5", in: folder)
        #expect(board.text.contains("pinctrl-rp1: 0 ID_SDA") && board.text.contains("27 GPIO27"))
        #expect(board.text.split(separator: "\n").allSatisfy { $0.count <= 120 })
        #expect(try Command("boards", "generic-risc", in: folder).code == 1)
    }

    @Test("A profile of one's own is a path, and its CPUs are the bundle's")
    func ownProfile() throws {
        let folder = try Folder()
        let yaml = "title: Mine\ncpu: {arch: native}\nkernels: scalar\nthreads: 3\npin: [6, 2, 3]\n"
        try folder.write(Array(yaml.utf8), to: "mine.yaml")
        #expect(try Command("boards", "mine.yaml", in: folder).text.contains("3, on CPU 6, 2-3"))
        for (threads, cpus) in [("2", [6, 2, 3]), ("3", [6, 2, 3]), ("4", [])] {
            let build = try Command(
                "build", Sample.personDetect, "--board", "mine.yaml", "--threads", threads, "-o", "p.ocellus", "--json",
                in: folder)
            #expect(try build.fields["cpus"] as? [Int] == cpus, "\(build.errors)")
            #expect(try Command("inspect", "p.ocellus", "--json", in: folder).fields["cpus"] as? [Int] == cpus)
            let text = try Command("inspect", "p.ocellus", in: folder).text
            let pinned = cpus.isEmpty ? "" : " on CPU 6, 2-3"
            #expect(text.contains("mine, kernels scalar, \(threads) threads\(pinned)\n"))
        }
    }
}
