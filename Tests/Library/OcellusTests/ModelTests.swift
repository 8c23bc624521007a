import Foundation
import Kernels
import Ocellus
import TestSupport
import Testing

@Suite struct ModelTests {
    @Test("The reference's bytes by every kernel set, with any threads", arguments: availableSets, [1, 2])
    func golden(set: KernelSet, threads: Int) throws {
        let golden = try #require(try ModelGolden.all()["person_detect"])
        let bundle = try personBundle(set, threads: threads)
        var model = try Model(copying: bundle.span.bytes)
        let (kernels, count) = (model.kernels, model.threads)
        #expect(kernels == "\(set.name)" && count == threads)
        for k in 0..<3 {
            let output = try infer(&model, ModelGolden.input(k, byteCount: 9216))
            #expect(CRC32.of(output) == golden.outputs[k][0])
        }
    }

    @Test("Several inputs and outputs, in the model's order", arguments: ["add-broadcast-both", "split-channels-odd"])
    func manyTensors(name: String) throws {
        let bundle = try operatorBundle(name)
        var model = try Model(copying: bundle.span.bytes)
        let inputs = (0..<model.inputCount).map { model.inputTensor($0).byteCount }
        let outputs = (0..<model.outputCount).map { model.outputTensor($0).byteCount }
        for run in try OperatorSuite.runs(name, inputs: inputs, outputs: outputs) {
            for (index, bytes) in run.inputs.enumerated() { try model.write(bytes.span.bytes, toInput: index) }
            try model.run()
            let found = try (0..<outputs.count).map { try model.output($0) }
            #expect(found == run.outputs)
        }
    }

    @Test("A file, memory that is copied and memory that is borrowed are one")
    func sources() throws {
        let bytes = try personBundle()
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).ocellus")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let aligned = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 64)
        defer { aligned.deallocate() }
        aligned.copyBytes(from: bytes)
        let whole = UnsafeRawBufferPointer(rebasing: aligned[..<bytes.count])
        #expect(try Model(path: file.path).name == "person_detect")
        #expect(try Model(copying: whole.bytes).name == "person_detect")
        #expect(try Model(borrowing: whole).name == "person_detect")
        #expect(refusal { _ = try Model(borrowing: UnsafeRawBufferPointer(rebasing: aligned[1...])) }.contains("64"))
        #expect(refusal { _ = try Model(path: "/nowhere") } == "/nowhere: No such file or directory")
        #expect(refusal { _ = try Model(path: file.path + "/x") }.contains("Not a directory"))
        #expect(refusal { _ = try Model(copying: bytes.span.bytes.extracting(first: 100)) }.contains("length"))
        #expect(refusal { _ = try Model(copying: RawSpan()) }.contains("byte 0"))
    }

    @Test("A bundle for another kind of CPU is refused with both names, or packed again")
    func repacking() throws {
        let other = try #require(KernelSet.allCases.first { !$0.isAvailable })
        let bytes = try personBundle(other)
        let reason = refusal { _ = try Model(copying: bytes.span.bytes) }
        #expect(reason.contains("\(other.name)") && reason.contains("scalar") && reason.contains("repacking"))
        var model = try Model(copying: bytes.span.bytes, repacks: true)
        let (kernels, output) = (model.kernels, try infer(&model, ModelGolden.input(0, byteCount: 9216)))
        #expect(kernels == "\(KernelSet.best.name)")
        let golden = try #require(try ModelGolden.all()["person_detect"])
        #expect(CRC32.of(output) == golden.outputs[0][0])
    }

    @Test("Models on several threads are independent")
    func manyModels() throws {
        let bytes = try personBundle(.best, threads: 2)
        let input = ModelGolden.input(0, byteCount: 9216)
        let golden = try #require(try ModelGolden.all()["person_detect"]).outputs[0][0]
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            #expect(throws: Never.self) {
                var model = try Model(copying: bytes.span.bytes)
                for _ in 0..<20 {
                    let output = try infer(&model, input)
                    #expect(CRC32.of(output) == golden)
                }
            }
        }
    }

    @Test("What a model says of itself")
    func facts() throws {
        let bundle = try personBundle()
        let model = try Model(copying: bundle.span.bytes)
        let (inputs, outputs, takesPictures) = (model.inputCount, model.outputCount, model.takesPictures)
        #expect(inputs == 1 && outputs == 1 && takesPictures)
        let input = model.inputTensor(0)
        #expect(input.type == .int8 && input.rank == 4 && input.shape == [1, 96, 96, 1] && input.byteCount == 9216)
        #expect(input.scale > 0 && input.extent(1) == 96 && input.extent(4) == 1 && input.extent(-1) == 1)
        let (arena, output) = (model.arenaBytes, model.outputTensor(0))
        #expect(arena > 9216 && output.zeroPoint == -128)
        let names = [model.name(ofInput: 0), model.name(ofOutput: 0)]
        #expect(!names.contains(""))
        let labels = (-1...model.labelCount).map { model.label($0) }
        #expect(labels == [nil, "not a person", "person", nil])
    }

    @Test("Calls out of order, of other sizes and of tensors that are not there are errors")
    func misuse() throws {
        let bundle = try personBundle()
        var model = try Model(copying: bundle.span.bytes)
        let bytes = [UInt8](repeating: 0, count: 9216)
        #expect(refusal { try model.run() } == "input 0 is not written; all inputs are written before each run")
        #expect(refusal { _ = try model.output() }.contains("no result"))
        #expect(refusal { _ = try model.top() }.contains("no result"))
        let short = bytes.span.bytes.extracting(first: 9215)
        #expect(refusal { try model.write(short) } == "input 0 takes 9216 bytes, not 9215")
        #expect(refusal { try model.write(bytes.span.bytes, toInput: 1) } == "there is no input 1, the model has 1")
        #expect(refusal { try model.write(bytes.span.bytes, toInput: -1) }.contains("no input -1"))
        try model.write(bytes.span.bytes)
        try model.run()
        #expect(refusal { try model.run() }.contains("not written"))
        #expect(refusal { _ = try model.output(1) }.contains("no output 1"))
        var long = bytes
        var span = long.mutableSpan
        var room = span.mutableBytes
        #expect(refusal { try model.read(into: &room) } == "output 0 has 2 bytes, not 9216")
        let counts = try [99, 1, 0, -1].map { try model.top($0).count }
        #expect(counts == [2, 1, 0, 0])
        try model.write(bytes.span.bytes)
        #expect(refusal { _ = try model.output() }.contains("no result"))
        let addition = try operatorBundle("add-broadcast-both")
        var plain = try Model(copying: addition.span.bytes)
        let (labels, takesPictures) = (plain.labelCount, plain.takesPictures)
        #expect(labels == 0 && !takesPictures)
        #expect(refusal { _ = try plain.top() }.contains("does not say"))
        let reason = refusal { try plain.write(picture: bytes.span.bytes, .grey, width: 96, height: 96) }
        #expect(reason.contains("sensor file"))
    }
}

/// One inference on the first input.
private func infer(_ model: inout Model, _ input: [UInt8]) throws -> [UInt8] {
    try model.write(input.span.bytes)
    try model.run()
    return try model.output()
}

/// Why a call is refused.
func refusal(_ call: () throws -> Void) -> String {
    do {
        try call()
        return "not refused"
    } catch {
        return (error as? ModelError)?.message ?? "\(error)"
    }
}
