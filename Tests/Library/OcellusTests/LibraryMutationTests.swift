import COcellus
import Kernels
import OcellusC
import TestSupport
import Testing

/// No bundle makes the library crash, hang or leave its memory: it is refused with a reason, or everything can be called.
@Suite struct LibraryMutationTests {
    /// Opens bytes where they lie, asks everything and, where that is soon done, runs.
    private static func use(_ bytes: [UInt8]) -> Bool {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 64)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        var error = [CChar](repeating: 1, count: 256)
        guard
            let model = ocellus_open_memory(
                memory.baseAddress, bytes.count, 2, UInt32(OCELLUS_BORROW | OCELLUS_REPACK), &error, error.count)
        else {
            #expect(error[0] != 0)
            return false
        }
        defer { ocellus_close(model) }
        var text = [CChar](repeating: 0, count: 64)
        _ = ocellus_name(model, &text, text.count) + ocellus_kernels(model, &text, text.count)
        for label in 0..<min(ocellus_label_count(model), 100) { _ = ocellus_label(model, label, &text, text.count) }
        // Bounds the work of any plan: what reads and what writes lies in the arena or in the weights.
        guard ocellus_arena_bytes(model) * bytes.count < 1 << 26 else { return true }
        let pixels = [UInt8](repeating: 60, count: 3 * 40 * 30)
        for isPicture in [false, true] {
            if isPicture {
                guard ocellus_write_picture(model, CInt(OCELLUS_RGB), pixels, pixels.count, 40, 30, 0) == 0 else {
                    break
                }
            }
            for index in 0..<(isPicture ? 0 : ocellus_input_count(model)) {
                let input = [UInt8](repeating: 3, count: ocellus_tensor_bytes(ocellus_input(model, index)))
                #expect(ocellus_write(model, index, input, input.count) == 0)
            }
            #expect(ocellus_run(model) == 0)
            for index in 0..<ocellus_output_count(model) {
                var output = [UInt8](repeating: 3, count: ocellus_tensor_bytes(ocellus_output(model, index)))
                #expect(ocellus_read(model, index, &output, output.count) == 0)
            }
            var best: [Float] = [0, 0, 0]
            #expect(ocellus_top(model, nil, &best, 3) >= (ocellus_label_count(model) > 0 ? 0 : -1))
        }
        return true
    }

    @Test("Damaged bundles give an error, or a model")
    func damaged() throws {
        var files = [
            (name: "person", bytes: try personBundle(.best, threads: 2, file: "Tests/Data/every-section.yaml"))
        ]
        for name in ["add-broadcast-both", "conv_2d", "depthwise_conv_2d", "softmax", "fully_connected"] {
            let name = try #require(OperatorSuite.cases.first { $0.hasPrefix(name) })
            files.append((name, try operatorBundle(name, .best, threads: 2)))
        }
        let records = MutationRun(
            "library-records", files: files, cases: 3000,
            damage: { seed, bytes in
                var mutator = BundleMutator(seed: seed)
                return mutator.mutate(bytes)
            }, read: { Self.use($0) })
        #expect(records.refused > records.cases / 4 && records.accepted > records.cases / 20 && records.isBounded)
        let bytes = MutationRun("library", files: files, cases: 1000) { Self.use($0) }
        #expect(bytes.refused > bytes.cases * 9 / 10)
    }
}
