import Foundation
import JSON
import TestSupport
import Testing

@testable import Events
@testable import Recording

/// A damaged text gives an error or a record, and harms nobody.
@Suite struct RecordMutationTests {
    private static let text = """
        {"ocellus":1,"run":0,"epoch":3,"sensor":"door","model":"e192a57f","bundle":"e3f4951b","frame":35,\
        "time":"1970-01-01T00:00:04.375Z","wall_ns":4375000000,"monotonic_ns":4375000000,"seq":1,"frames":36,"dropped":0,\
        "faults":1,"damaged":2,"idle":4,"picture":{"width":128,"height":96,"bytes":2479},\
        "inputs":[{"zone":0,"bytes":9216,"crc32c":"a2498f77"}],"rules":[{"object":"person","zone":0,"score":0.9492,\
        "smoothed":0.9306,"present":true,"before":[false,3943595049,3875000000,0,0,null]}],\
        "events":[{"event":"enter","object":"person","latency_ns":0,"lost":0}],\
        "told":[{"topic":"status","event":{"event":"status","detail":"\\"\\u00e9"}}]}
        """

    private func read(_ bytes: [UInt8], into record: Record) -> Bool {
        bytes.withUnsafeBytes { bytes in
            do throws(JSONReader.Failure) {
                try record.read(bytes)
                return true
            } catch {
                #expect(0...bytes.count ~= error.byte)
                return false
            }
        }
    }

    @Test func whole() {
        let record = Record()
        #expect(read(Array(Self.text.utf8), into: record))
        #expect(record.hasFrame && record.epoch == 3 && record.frame.progress.frames == 36)
        #expect(record.frame.progress.idle == 4 && record.frame.progress.faults == 1)
        #expect(record.modelCRC == 0xe192_a57f && record.inputs.count == 1 && record.inputs[0].crc == 0xa249_8f77)
        #expect(record.memories[0].average == 3_943_595_049 && record.memories[0].left == nil)
        #expect(record.told.count == 1 && record.told[0].topic.elementsEqual("status".utf8))
        // A run's end has no frame.
        let end = #"{"ocellus":1,"run":0,"epoch":3,"model":"e192a57f","bundle":"e3f4951b","told":[]}"#
        #expect(read(Array(end.utf8), into: record) && !record.hasFrame && record.memories.count == 0)
    }

    @Test func damaged() {
        let original = Array(Self.text.utf8)
        let record = Record()
        var mutator = Mutator(seed: 11)
        var refused = 0
        for _ in 0..<20_000 where !read(mutator.mutate(original), into: record) { refused += 1 }
        #expect(refused > 10_000)
        for count in 0..<original.count { #expect(!read(Array(original.prefix(count)), into: record)) }
    }
}
