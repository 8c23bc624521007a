import Bundle
import CBundle
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
        // Scratch and tensors, each with a tip; but tensors of one lifetime may lie in one another.
        let tensors = try #require(fields["tensors"] as? [[String: Any]]).filter { $0["space"] as? String == "arena" }
        let lifetimes = Set(tensors.map { [$0["firstStep"] as? Int ?? -1, $0["lastStep"] as? Int ?? steps.count] })
        let scratch = steps.count { $0["scratchBytes"] as? Int != 0 }
        let tips = try #require(picture.counts["title"])
        #expect(lifetimes.count > 10)
        #expect((scratch + lifetimes.count...scratch + tensors.count).contains(tips), "\(tips)")
    }

    @Test("Passes are told by name, with what they need, ensure and did")
    func passes() throws {
        let folder = try Folder()
        try folder.write(try ONNXSample.bytes, to: "net.onnx")
        let json = try Command("inspect", "net.onnx", "--passes", "--json", in: folder)
        #expect(json.code == 0, "\(json.errors)")
        #expect(try json.fields["isQuantized"] as? Bool == true)
        let passes = try #require(try json.fields["passes"] as? [[String: Any]])
        let levels = passes.compactMap { $0["level"] as? String }
        #expect(levels.first == "float32" && levels.last == "steps" && levels.contains("int8"))
        // Each begins where the one before ended.
        for (pass, next) in zip(passes, passes.dropFirst()) {
            #expect(pass["after"] as? Int == next["before"] as? Int, "\(pass["name"] ?? "")")
            #expect((pass["ensures"] as? String)?.isEmpty == false)
        }
        func pass(_ name: String) throws -> [String: Any] {
            try #require(passes.first { $0["name"] as? String == name })
        }
        let activation = try pass("activation into the operation before it")
        #expect(activation["applied"] as? Int == 1)
        #expect((activation["removed"] as? [String])?.count == 1 && (activation["changed"] as? [String])?.count == 1)
        #expect(try #require(try pass("quantization")["after"] as? Int) > 0)
        let text = try Command("inspect", "net.onnx", "--passes", in: folder).text
        #expect(text.hasPrefix("net.onnx: ") && text.contains(" passes, quantized with made-up pictures\n"))
        #expect(text.contains("       ensures  no SUM is left\n"))
        let int8 = try Command("inspect", Sample.personDetect, "--passes", "--json", in: folder)
        #expect(try int8.fields["isQuantized"] as? Bool == false)
        #expect(
            try #require(try int8.fields["passes"] as? [[String: Any]]).allSatisfy {
                $0["level"] as? String != "float32"
            })
    }

    @Test(
        "Wrong use of passes is told",
        arguments: [
            (["x.ocellus", "--passes"], "x.ocellus: a bundle, whose passes are done; inspect the model"),
            (["net.onnx", "--passes", "--svg", "x.svg"], "--passes and --svg exclude each other"),
            ([Sample.sensor, "--passes"], "sensor.yaml: a sensor file; inspect its model"),
        ])
    func wrongPasses(_ arguments: [String], _ expected: String) throws {
        let folder = try Folder()
        try folder.write(try ONNXSample.bytes, to: "net.onnx")
        #expect(try Command("build", Sample.sensor, "-q", "-o", "x.ocellus", in: folder).code == 0)
        let command = try Command(["inspect"] + arguments, in: folder)
        #expect(command.code != 0 && command.errors.contains(expected), "\(command.errors)")
        #expect(command.output.isEmpty && command.errors.split(separator: "\n").count == 1)
    }

    @Test("JSON and text show every field of every section", arguments: ["every-section", "every-detector"])
    func everySection(name: String) throws {
        let folder = try Folder()
        var sensor = Checkout.file("Tests/Data/\(name).yaml").path
        let isDetector = name == "every-detector"
        if isDetector {
            // Beside the bundle of its second model.
            let second = Checkout.file("Tests/Data/shades.yaml").path
            #expect(try Command("build", second, "-q", "-o", "shades.ocellus", in: folder).code == 0)
            let text = try String(contentsOfFile: sensor, encoding: .utf8)
                .replacingOccurrences(of: "model: ", with: "model: \(Checkout.file("Tests/Data").path)/")
            sensor = "d.yaml"
            try folder.write(Array(text.utf8), to: sensor)
        }
        let build = try Command("build", sensor, "--kernels", "scalar", "--threads", "2", "-o", "e.ocellus", in: folder)
        #expect(build.code == 0, "\(build.errors)")
        let fields = try Command("inspect", "e.ocellus", "--json", in: folder).fields
        let file = try folder.read("e.ocellus")
        let told = try BundleFields(file)
        let table = try #require(fields["sections"] as? [[String: Any]])
        let kinds = Set(told.sections.filter { detectorSections.contains($0.kind) == isDetector }.map(\.name))
        #expect(Set(table.compactMap { $0["kind"] as? String }).isSuperset(of: kinds))
        for section in told.sections {
            // One bundle has all that makes boxes of outputs, the other all else.
            guard detectorSections.contains(section.kind) == isDetector else { continue }
            #expect(section.count > 0, "the sensor lacks \(section.name)")
            switch section.kind {
            case OC_SECTION_MODEL, OC_SECTION_STRINGS, OC_SECTION_WEIGHTS, OC_SECTION_CASCADE_BUNDLE: continue
            case OC_SECTION_STEPS: #expect((fields[section.name] as? [Any])?.count == section.count)
            default: #expect(fields[section.name] != nil, "\(section.name)")
            }
        }
        let bytes = BundleFile(file)
        for place in told.places where place.kind != OC_SECTION_STEPS {
            let raw = try #require(bytes[place.kind]).bytes
            let numbers = (0..<place.count).map { element in
                (0..<place.width).reduce(UInt64(0)) {
                    $0 | UInt64(raw[place.offset + element * place.width + $1]) << UInt64(8 * $1)
                }
            }
            let value = Self.value(of: place, in: fields)
            let comment: Comment = "\(place.section) \(place.record): \(place.name)"
            switch place.meaning {
            case .number: #expect(value(place.name) as? UInt64 == numbers[0], comment)
            case .milliseconds: #expect(value(place.name + "Milliseconds") as? UInt64 == numbers[0], comment)
            case .bytes: #expect(value(place.name + "Bytes") as? UInt64 == numbers[0], comment)
            case .fraction(let whole):
                #expect(value(place.name) as? Double == Double(numbers[0]) / Double(whole), comment)
            case .flag: #expect(value(place.name) as? Bool == (numbers[0] == 1), comment)
            case .index:
                #expect(value(place.name) as? UInt64 == (numbers[0] == OC_NO_STEP ? nil : numbers[0]), comment)
            case .subLabel:
                #expect(value(place.name) as? UInt64 == (numbers[0] == 0 ? nil : numbers[0] - 1), comment)
            case .label:
                #expect(value(place.name) as? UInt64 == (numbers[0] == OC_ANY_LABEL ? nil : numbers[0]), comment)
            case .signedTable:
                let signed = numbers.map { Int64(Int32(truncatingIfNeeded: $0)) }
                #expect(value(place.name) as? [Int64] == signed, comment)
            case .labels:
                let labels = try #require(fields["watchLabels"] as? [UInt64])
                let own = labels[Int(numbers[0])..<Int(numbers[0] + numbers[1])]
                #expect(value(place.name) as? [UInt64] == Array(own), comment)
            case .table: #expect(value(place.name) as? [UInt64] == numbers, comment)
            case .text, .arguments, .checksum, .kernelSet, .choice, .signed, .float, .cpus, .shape, .region,
                .places, .signedFractions, .elements:
                #expect(value(place.name) != nil, comment)
            case .reserved, .other: break
            }
        }
    }

    /// The value of a field's key in the JSON of its record.
    private static func value(of place: BundleFields.Place, in fields: [String: Any]) -> (String) -> Any? {
        { key in
            var record: Any? = place.kind == OC_SECTION_MODEL ? fields : fields[place.section]
            if let list = record as? [Any] { record = list[place.record] }
            for name in key.split(separator: ".") { record = (record as? [String: Any])?[String(name)] }
            return record
        }
    }

    @Test("What a sensor file says is what inspect shows of its bundle")
    func sensorFile() throws {
        let folder = try Folder()
        let sensor = Checkout.file("Tests/Data/every-section.yaml").path
        #expect(try Command("build", sensor, "--board", "raspberry-pi-5", "-o", "e.ocellus", in: folder).code == 0)
        let fields = try Command("inspect", "e.ocellus", "--json", in: folder).fields
        func object(_ text: String) throws -> NSDictionary {
            try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary)
        }
        #expect(
            fields["sensor"] as? NSDictionary
                == (try object(
                    """
                    {"name": "every-section", "source": "yuv420:320x240@7", "topic": "house/door",
                    "heartbeatMilliseconds": 61000, "maxFPS": 12.5, "privacy": "metadata-only",
                    "link": ["--broker", "mqtts://hub.example:8884", "--user", "door", "--queue-size", "9M", "--commands"]}
                    """)))
        #expect(
            fields["source"] as? NSDictionary
                == (try object(
                    """
                    {"command": ["frames", "--size", "two words"], "format": "nv12", "width": 800, "height": 600,
                    "fps": 15, "stallMilliseconds": 2500, "blindMilliseconds": 7000}
                    """)))
        #expect(
            fields["lines"] as? [NSDictionary] == [
                try object(
                    """
                    {"name": "button", "line": "GPIO17", "chip": "", "object": "", "offset": 0, "use": "trigger-burst",
                    "activeLow": true, "bias": "pull-up", "debounceMilliseconds": 21, "frames": 19,
                    "timeMilliseconds": 0, "leastOnMilliseconds": 0, "leastCount": 0}
                    """),
                try object(
                    """
                    {"name": "lamp", "line": "", "chip": "pinctrl", "object": "visitor", "offset": 23,
                    "use": "pulse-leave", "activeLow": false, "bias": "as-is", "debounceMilliseconds": 0, "frames": 0,
                    "timeMilliseconds": 700, "leastOnMilliseconds": 900, "leastCount": 0}
                    """),
            ])
        #expect(
            fields["record"] as? NSDictionary
                == (try object(
                    """
                    {"folder": "/var/lib/door", "budgetBytes": 67108864, "framesBefore": 5, "framesAfter": 6,
                    "size": 321, "quality": 76}
                    """)))
        let text = try Command("inspect", "e.ocellus", in: folder).text
        for part in [
            "somebody", "house/door", "heartbeat 61,000 ms", "max FPS 12.5", "privacy metadata-only",
            "link --broker mqtts://hub.example:8884 --user door --queue-size 9M --commands",
            "orientation 90-mirrored", "fill 17", "fit contain", "gate: part 0.4 0 0.5 1", "masks       0 0.9 1 ",
            "level 11",
            "area 0.5", "hold 3,000 ms", "every 90,000 ms", "folder /var/lib/door", "budget 67,108,864 bytes",
            "frames before 5", "frames after 6", "size 321", "quality 76", "command frames --size two words",
            "width 800",
            "height 600", "format nv12", "fps 15", "stall 2,500 ms", "blind 7,000 ms", "gain: value 13",
            "power_line_frequency: value 50 Hz", "button: line GPIO17", "use trigger-burst", "active low",
            "bias pull-up", "debounce 21 ms", "frames 19", "lamp: chip pinctrl, object visitor, offset 23",
            "use pulse-leave", "time 700 ms", "least on 900 ms", "visitor: label 1 (somebody), ", "zone 1", "on 0.75",
            "off 0.25",
            "smoothing 0.125", "enter after 400 ms", "leave after 1,100 ms", "cooldown 31,000 ms",
            "update every 45,000 ms", "65,536 bytes of L1",
            "whoever: label 0 (nobody), on 0.625, off 0.625, smoothing 1, further labels 1 (somebody)\n",
        ] { #expect(text.contains(part), "\(part)") }
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
