import Bundle
import CBundle
import TestSupport
import Testing

/// A bundle in a bundle: the second model of a detector's cascade.
@Suite struct CascadeTests {
    private static let sample = SampleBundle.make()

    @Test("The second model's bundle is read where it lies")
    func second() throws {
        let bundle = try Bundle(copying: Self.sample)
        let second = try #require(bundle.view.second)
        #expect(second.labels.map { second.string($0) } == SampleBundle.labels)
        #expect(second.detector == nil && second.scores != nil)
        let start = try #require(second.bytes.baseAddress) - bundle.view.bytes.baseAddress!
        #expect(start > 0 && start % Int(OC_ALIGNMENT) == 0)
        #expect(Array(bundle.view.cascadeLabels) == [1])
    }

    @Test("What its records may not say is refused")
    func records() {
        let changes: [(String, Int, (inout oc_cascade) -> Void)] = [
            ("score", 0, { $0.score = 0 }), ("score", 0, { $0.score = 65537 }), ("margin", 4, { $0.margin = 65537 }),
            ("most", 8, { $0.most = 0 }), ("most", 8, { $0.most = UInt32(OC_MAX_TRACKS) + 1 }),
        ]
        for (text, byte, change) in changes {
            expect("cascade: \(text) is out of range", OC_SECTION_CASCADE, at: byte) { (r: inout oc_cascade) in
                change(&r)
            }
        }
        accept(OC_SECTION_CASCADE) { (r: inout oc_cascade) in
            (r.score, r.margin, r.most, r.every) = (65536, 65536, UInt32(OC_MAX_TRACKS), .max)
        }
        expect("cascadeLabels 0 has no score", OC_SECTION_CASCADE_LABELS) { (r: inout UInt32) in r = 2 }
        expect("objectRules 0: subLabel does not exist", OC_SECTION_OBJECT_RULES, at: 22) {
            (r: inout oc_object_rule) in r.sub_label = 3
        }
        var file = BundleFile(Self.sample)
        file.put(OC_SECTION_CASCADE_LABELS, [1, 0, 0, 0, 1, 0, 0, 0], count: 2)
        #expect(refusal(file.bytes())?.message.contains("cascadeLabels 1 does not rise") == true)
    }

    @Test("No part of a cascade stands alone")
    func parts() {
        for (kind, text) in [
            (OC_SECTION_CASCADE, "section cascadeBundle is of no cascade"),
            (OC_SECTION_CASCADE_BUNDLE, "cascade: score is of no model"),
        ] {
            var file = BundleFile(Self.sample)
            file[kind] = nil
            let message = refusal(file.bytes())?.message ?? ""
            // The rule that asks for a sub-label comes first.
            #expect(message.contains(text) || message.contains("subLabel does not exist"), "\(message)")
        }
    }

    /// The sample with another second bundle.
    private func refused(_ change: (inout BundleFile) -> Void) throws -> BundleError? {
        var file = BundleFile(Self.sample)
        var second = BundleFile(try #require(file[OC_SECTION_CASCADE_BUNDLE]).bytes)
        change(&second)
        return refusal(put(second.bytes(), in: &file))
    }

    private func put(_ second: [UInt8], in file: inout BundleFile) -> [UInt8] {
        file.put(OC_SECTION_CASCADE_BUNDLE, second)
        return file.bytes()
    }

    @Test("The second bundle is verified as the first is, and tells places in the whole file")
    func inner() throws {
        #expect(try refused { _ in } == nil)
        let damage = try #require(try refused { $0.edit(OC_SECTION_WATCH, as: oc_watch.self) { $0.smoothing = 0 } })
        #expect(damage.message.contains("watch 0: smoothing is out of range"))
        var file = BundleFile(Self.sample)
        let start =
            put(try #require(file[OC_SECTION_CASCADE_BUNDLE]).bytes, in: &file).count - file.sections.last!.bytes.count
        #expect(damage.byte > start, "\(damage.message)")
        for kind in [OC_SECTION_SCORES, OC_SECTION_LABELS, OC_SECTION_PREPROCESS] {
            let error = try #require(
                try refused {
                    $0[OC_SECTION_WATCH] = nil
                    for other in [OC_SECTION_WATCH_LABELS, OC_SECTION_ZONES, OC_SECTION_MASKS, OC_SECTION_MOTION] {
                        $0[other] = nil
                    }
                    $0[kind] = nil
                })
            #expect(error.message.contains("does not give scores of labels for a picture"), "\(error.message)")
        }
    }

    @Test("A cascade in a cascade is refused before it is looked at, however deep")
    func depth() throws {
        var bytes = Self.sample
        for _ in 0..<3 {
            var file = BundleFile(Self.sample)
            bytes = put(bytes, in: &file)
            #expect(refusal(bytes)?.message.contains("a cascade in a cascade") == true)
        }
    }
}
