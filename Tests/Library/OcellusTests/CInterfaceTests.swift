import Bundle
import COcellus
import Kernels
import OcellusC
import System
import TestSupport
import Testing

/// The header's functions, as C calls them.
@Suite struct CInterfaceTests {
    /// A model of C's that is closed in the end.
    final class Opened {
        let pointer: OpaquePointer
        init(_ pointer: OpaquePointer) { self.pointer = pointer }
        deinit { ocellus_close(pointer) }
        var error: String { String(cString: ocellus_error(pointer)) }
    }

    static func open(_ bytes: [UInt8], threads: UInt32 = 0, flags: Int = 0) throws -> Opened {
        var error = [CChar](repeating: 1, count: 256)
        let pointer = ocellus_open_memory(bytes, bytes.count, threads, UInt32(flags), &error, error.count)
        #expect(error[0] == 0)
        return Opened(try #require(pointer))
    }

    /// Why bytes are refused.
    static func refusal(_ bytes: [UInt8], length: Int? = nil, flags: Int = 0, capacity: Int = 256) -> String {
        var error = [CChar](repeating: 1, count: 256)
        let model = ocellus_open_memory(bytes, length ?? bytes.count, 0, UInt32(flags), &error, capacity)
        #expect(model == nil)
        return string(error)
    }

    /// Up to the terminator.
    static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func text(_ fill: (UnsafeMutablePointer<CChar>?, Int) -> Int) -> String {
        let count = fill(nil, 0)
        var text = [CChar](repeating: 1, count: count + 1)
        #expect(fill(&text, text.count) == count && text[count] == 0)
        return string(text)
    }

    @Test("The header's version is the product's")
    func version() {
        #expect(String(cString: ocellus_version()) == OCELLUS_VERSION && "\(productVersion)" == OCELLUS_VERSION)
        #expect("\(OCELLUS_VERSION_MAJOR).\(OCELLUS_VERSION_MINOR).\(OCELLUS_VERSION_PATCH)" == OCELLUS_VERSION)
    }

    @Test("The reference's bytes by every kernel set", arguments: availableSets)
    func golden(set: KernelSet) throws {
        let golden = try #require(try ModelGolden.all()["person_detect"])
        let model = try Self.open(personBundle(set, threads: 2), threads: 2)
        #expect(ocellus_threads(model.pointer) == 2 && ocellus_arena_bytes(model.pointer) > 9216)
        #expect(Self.text { ocellus_kernels(model.pointer, $0, $1) } == "\(set.name)")
        for k in 0..<3 {
            let input = ModelGolden.input(k, byteCount: 9216)
            #expect(ocellus_write(model.pointer, 0, input, input.count) == 0 && ocellus_run(model.pointer) == 0)
            var output = [UInt8](repeating: 0, count: 2)
            #expect(ocellus_read(model.pointer, 0, &output, 2) == 0 && CRC32.of(output) == golden.outputs[k][0])
        }
    }

    @Test("Facts, labels and scores")
    func facts() throws {
        let model = try Self.open(personBundle())
        let input = ocellus_input(model.pointer, 0)
        let output = ocellus_output(model.pointer, 0)
        #expect(ocellus_input_count(model.pointer) == 1 && ocellus_output_count(model.pointer) == 1)
        #expect(ocellus_tensor_type(input) == OCELLUS_INT8 && ocellus_tensor_rank(input) == 4)
        #expect((0...5).map { ocellus_tensor_extent(input, $0) } == [1, 96, 96, 1, 1, 1])
        #expect(ocellus_tensor_bytes(input) == 9216 && ocellus_tensor_bytes(output) == 2)
        #expect(ocellus_tensor_scale(output) == 1 / 256 && ocellus_tensor_zero_point(output) == -128)
        #expect(!Self.text { ocellus_tensor_name(input, $0, $1) }.isEmpty)
        #expect(Self.text { ocellus_name(model.pointer, $0, $1) } == "person_detect")
        #expect(ocellus_label_count(model.pointer) == 2)
        #expect(Self.text { ocellus_label(model.pointer, 1, $0, $1) } == "person")
        let pixels = [UInt8](repeating: 90, count: 96 * 96 * 3)
        #expect(ocellus_write_picture(model.pointer, CInt(OCELLUS_RGB), pixels, pixels.count, 96, 96, 0) == 0)
        #expect(ocellus_run(model.pointer) == 0)
        var labels = [9, 9, 9]
        var scores: [Float] = [9, 9, 9]
        #expect(ocellus_top(model.pointer, &labels, &scores, 3) == 2 && labels[2] == 9 && scores[2] == 9)
        #expect(Set(labels[..<2]) == [0, 1] && scores[0] >= scores[1] && scores[1] >= 0 && scores[0] <= 1)
        #expect(ocellus_top(model.pointer, nil, &scores, 1) == 1 && ocellus_top(model.pointer, &labels, nil, 1) == 1)
    }

    @Test("Texts are cut between characters and always end")
    func texts() throws {
        let model = try Self.open(personBundle())
        var text = [CChar](repeating: 1, count: 8)
        #expect(ocellus_name(model.pointer, &text, 7) == 13 && Self.string(text) == "person" && text[7] == 1)
        #expect(ocellus_name(model.pointer, &text, 1) == 13 && text[0] == 0)
        #expect(ocellus_name(model.pointer, nil, 7) == 13 && ocellus_name(model.pointer, &text, -1) == 13)
        for (capacity, whole) in [(6, "/aä:"), (5, "/aä"), (4, "/a"), (3, "/a"), (2, "/"), (1, "")] {
            var error = [CChar](repeating: 1, count: 8)
            #expect(ocellus_open("/aä", 0, 0, &error, capacity) == nil && Self.string(error) == whole)
        }
    }

    @Test("Null, indices out of range, other sizes and calls out of order give errors")
    func misuse() throws {
        #expect(String(cString: ocellus_error(nil)) == "the model is NULL")
        ocellus_close(nil)
        var byte: UInt8 = 0
        #expect(ocellus_write(nil, 0, &byte, 1) == -1 && ocellus_run(nil) == -1 && ocellus_read(nil, 0, &byte, 1) == -1)
        #expect(ocellus_write_picture(nil, 1, &byte, 1, 1, 1, 0) == -1 && ocellus_top(nil, nil, nil, 1) == -1)
        #expect(ocellus_input(nil, 0) == nil && ocellus_output(nil, 0) == nil && ocellus_label_count(nil) == 0)
        #expect(ocellus_input_count(nil) == 0 && ocellus_output_count(nil) == 0 && ocellus_threads(nil) == 0)
        #expect(ocellus_arena_bytes(nil) == 0 && ocellus_tensor_bytes(nil) == 0 && ocellus_tensor_rank(nil) == 0)
        #expect(ocellus_tensor_type(nil) == 0 && ocellus_tensor_scale(nil) == 0 && ocellus_tensor_zero_point(nil) == 0)
        #expect(ocellus_tensor_extent(nil, 0) == 0 && ocellus_tensor_name(nil, nil, 0) == 0)
        #expect(
            ocellus_name(nil, nil, 0) == 0 && ocellus_kernels(nil, nil, 0) == 0 && ocellus_label(nil, 0, nil, 0) == 0)

        let model = try Self.open(personBundle())
        #expect(model.error.isEmpty)
        for index in [1, -1, Int.max, Int.min] {
            #expect(ocellus_input(model.pointer, index) == nil && ocellus_output(model.pointer, index) == nil)
            #expect(ocellus_label(model.pointer, index == 1 ? 2 : index, nil, 0) == 0)
            #expect(ocellus_write(model.pointer, index, &byte, 1) == -1 && model.error.contains("no input \(index)"))
            #expect(ocellus_read(model.pointer, index, &byte, 1) == -1 && model.error.contains("no output \(index)"))
            #expect(ocellus_tensor_extent(ocellus_input(model.pointer, 0), index == 1 ? 6 : index) == 1)
        }
        #expect(ocellus_write(model.pointer, 0, nil, 9216) == -1 && model.error == "the bytes are NULL")
        #expect(ocellus_write(model.pointer, 0, &byte, 1) == -1 && model.error == "input 0 takes 9216 bytes, not 1")
        #expect(ocellus_write(model.pointer, 0, &byte, -1) == -1 && model.error.contains("half the memory"))
        #expect(ocellus_run(model.pointer) == -1 && model.error.contains("not written"))
        #expect(ocellus_read(model.pointer, 0, &byte, 1) == -1 && model.error.contains("no result"))
        let pixels = [UInt8](repeating: 0, count: 9216)
        #expect(ocellus_write_picture(model.pointer, 0, pixels, 9216, 96, 96, 0) == -1)
        #expect(model.error.contains("format 0"))
        #expect(ocellus_write_picture(model.pointer, 1, nil, 9216, 96, 96, 0) == -1)
        #expect(ocellus_write_picture(model.pointer, 1, pixels, 9215, 96, 96, 0) == -1)
        #expect(ocellus_write_picture(model.pointer, 1, pixels, 9216, .max, .min, .max) == -1)
        #expect(ocellus_write(model.pointer, 0, pixels, 9216) == 0 && ocellus_run(model.pointer) == 0)
        #expect(ocellus_read(model.pointer, 0, nil, 2) == -1 && ocellus_read(model.pointer, 0, &byte, 1) == -1)
        #expect(ocellus_top(model.pointer, nil, nil, 1) == -1 && model.error == "both arrays are NULL")
        var labels = [7]
        #expect(ocellus_top(model.pointer, &labels, nil, 0) == 0 && ocellus_top(model.pointer, &labels, nil, -1) == 0)
        #expect(labels == [7])
    }

    @Test("What cannot be opened says why")
    func refusals() throws {
        #expect(ocellus_open(nil, 0, 0, nil, 0) == nil && ocellus_open("/", 0, 0, nil, 9) == nil)
        #expect(ocellus_open_memory(nil, 100, 0, 0, nil, 0) == nil)
        let bytes = try personBundle()
        #expect(Self.refusal(bytes, length: -1).contains("half the memory"))
        #expect(Self.refusal(bytes, flags: 4).contains("flags 4"))
        #expect(Self.refusal([]).contains("byte 0"))
        #expect(Self.refusal(Array(bytes.dropLast())).contains("length"))
        #expect(Self.refusal(Array(bytes.dropLast()), capacity: 1).isEmpty)
        #expect(ocellus_open("/nowhere", 0, UInt32(OCELLUS_BORROW), nil, 0) == nil)
        let other = try personBundle(try #require(KernelSet.allCases.first { !$0.isAvailable }))
        #expect(Self.refusal(other).contains("repacking"))
        _ = try Self.open(other, flags: Int(OCELLUS_REPACK))
        #expect(try ocellus_threads(Self.open(bytes, threads: .max).pointer) == 1)
    }
}
