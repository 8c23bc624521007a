import Foundation
import Graph
import Testing
import TestSupport

@testable import Importers

/// Each bad file gives one error that names the file, the place, what is wrong and what to do.
@Suite struct RefusalTests {
    private func message(_ file: ModelFile) -> String { message(file.bytes) }

    private func message(_ bytes: [UInt8]) -> String {
        do throws(ImportError) {
            _ = try TFLiteImporter.read(bytes, name: "bad.tflite")
            return "imported"
        } catch {
            return error.description
        }
    }

    private func relu() -> ModelFile { ModelFile(19, from: [1, 4], to: [1, 4]) }

    @Test func soundModelImports() {
        #expect(message(relu()) == "imported")
    }

    @Test func unsupportedOperatorsAreNamedTogether() {
        var file = ModelFile(36, from: [1, 4], to: [1, 4])
        file.tensors[1].type = 1
        file.operators += [
            .init(code: 32, version: 2, custom: "Secret", inputs: [0], outputs: [1]),
            .init(code: 3, version: 99, inputs: [0, 0], outputs: [1]),
            .init(code: 32, version: 2, custom: "Secret", inputs: [0], outputs: [1]),
            .init(code: 500, inputs: [-1, 0], outputs: [1]),
            .init(code: 209, inputs: [Int32](repeating: 0, count: 9), outputs: [1]),
            .init(code: 39, inputs: [0, 0], outputs: [1]),
        ]
        #expect(
            message(file) == """
                bad.tflite: 7 of the model's 7 operators are not supported; export the model again with full int8 \
                quantization and without these:
                  CONV_2D version 99 (int8, int8 -> float16), newer than the supported version 8: once
                  CUSTOM 'Secret' version 2 (int8 -> float16): 2 times
                  GATHER version 1 (int8 -> float16): once
                  STABLEHLO_CASE version 1 (int8, int8, int8, int8, int8, int8 and 3 more -> float16): once
                  TRANSPOSE version 1 (int8, int8 -> float16): once
                  operator code 500 version 1 (int8 -> float16): once
                  unsupported element types: float16
                """)
    }

    @Test("A constant output is taken")
    func constantOutput() {
        var file = ModelFile(19, from: [1, 4], to: [1, 4])
        file.tensors.append(.init(name: "fixed", shape: [4], data: [1, 2, 3, 4]))
        file.outputs = [1, 2]
        #expect(message(file) == "imported")
    }

    @Test("GATHER of what there is not is refused", arguments: [[0, 9], [-1], [4]])
    func gatherRefused(indices: [Int32]) {
        let file = ModelFile(
            36, from: [1, 4], to: [1, Int32(indices.count)], constants: [ModelFile.parameter(indices)],
            options: (23, [0: .int32(1)]))
        let text = message(file)
        #expect(text.contains("its indices \(indices) are not"), "\(text)")
    }

    @Test("Products of matrices that do not fit are refused")
    func productsRefused() {
        for (left, right) in [([2, 3], [4, 5]), ([2, 2, 3], [3, 3, 4]), ([4], [4, 2])] as [([Int32], [Int32])] {
            var file = ModelFile(126, from: left, to: [2, 5], options: (101, [:]))
            file.tensors.append(.init(name: "right", shape: right))
            file.inputs = [0, 2]
            file.operators[0].inputs = [0, 2]
            #expect(message(file).contains("cannot multiply \(left) by \(right)"), "\(message(file))")
        }
    }

    @Test(
        "SPLIT_V into parts that are not the tensor's is refused", arguments: [[1, 2], [4, 0], [1, 1, 2], [-1, -1]])
    func unequalSplitRefused(sizes: [Int32]) {
        var file = ModelFile(
            102, from: [1, 4], to: [1, 2], constants: [ModelFile.parameter(sizes), ModelFile.parameter([1])],
            options: (79, [0: .int32(2)]))
        file.tensors.append(.init(name: "rest", shape: [1, 2]))
        file.operators[0].outputs = [1, 4]
        file.outputs = [1, 4]
        #expect(message(file) != "imported")
    }

    @Test(
        "Shapes whose arithmetic has no result stay where they are, and are refused",
        arguments: [(90, 0), (95, 0), (18, Int32.max), (41, Int32.min)] as [(Int32, Int32)])
    func unfoldable(code: Int32, operand: Int32) {
        var file = ModelFile(22, from: [1, 4], to: [2, 2], constants: [ModelFile.parameter([0, 0])])
        file.tensors += [.init(shape: [2], type: 2, scales: []), ModelFile.parameter([operand])]
        file.tensors[2].data = nil
        file.operators.insert(.init(code: 77, inputs: [0], outputs: [3]), at: 0)
        file.operators.insert(.init(code: code, inputs: [3, 4], outputs: [2]), at: 1)
        #expect(message(file).contains("is computed by the model") || message(file).contains("not supported"))
    }

    @Test func placeAndRemedyAreNamed() throws {
        var file = relu()
        file.tensors[1].shape = [1, 5]
        let text = message(file)
        #expect(
            text.wholeMatch(
                of:
                    #/bad\.tflite: byte 0x[0-9a-f]+: operator 0 \(RELU\): tensor 'out' int8 \[1, 5\]: its operands give this result the shape \[1, 4\]; export the model again .*/#
            ) != nil, "\(text)")
    }

    @Test(arguments: [
        ([5: FlatValue.bool(true)], "is a variable"),
        ([6: .table([:])], "is sparse"),
        ([0: .int32s([1, -1])], "is not fixed"),
        ([0: .int32s([1, 0])], "is not fixed or has no elements"),
        ([0: .int32s([1, 1, 1, 1, 1, 1, 4])], "has 7 dimensions; at most 6"),
        ([0: .int32s([0x7fff_ffff, 2])], "is larger than 2^31-1 bytes"),
        ([2: .int32(9)], "buffer 9 does not exist"),
        ([4: .table([2: .floats([1, 1]), 3: .int64s([0])])], "has 2 scales but 1 zero points"),
        ([4: .table([2: .floats([1]), 3: .int64s([1 << 40])])], "zero point 1099511627776 is out of range"),
        ([4: .table([2: .floats([1]), 3: .int64s([128])])], "has zero point 128, outside -128...127"),
        ([4: .table([2: .floats([.nan]), 3: .int64s([0])])], "must be finite and above 0"),
        ([4: .table([2: .floats([0]), 3: .int64s([0])])], "must be finite and above 0"),
        ([4: .table([2: .floats([1e-30]), 3: .int64s([0])])], "outside the supported 2^-40 to 2^40"),
        ([4: .table([4: .uint8(2)])], "uses custom or blockwise quantization"),
        ([4: .table([:])], "has no scale"),
    ])
    func badTensors(_ extra: [Int: FlatValue], _ expected: String) {
        var file = relu()
        file.tensors[0].extra = extra
        let text = message(file)
        #expect(text.hasPrefix("bad.tflite: byte 0x"))
        #expect(text.contains(expected), "\(text)")
    }

    @Test func biasesMayCarryTheDimensionOfTheirWeights() throws {
        var bias = ModelFile.parameter([1, 2, 3])
        bias.scales = [0.25, 0.25, 0.25]
        bias.dimension = 3
        let weights = ModelFile.Tensor(
            name: "w", shape: [1, 1, 1, 3], data: [1, 2, 3], scales: [0.5, 0.5, 0.5], dimension: 3)
        var file = ModelFile(
            4, from: [1, 2, 2, 3], to: [1, 2, 2, 3], constants: [weights, bias],
            options: (2, [0: .uint8(1), 1: .int32(1), 2: .int32(1)]))
        let graph = try TFLiteImporter.read(file.bytes, name: "m")
        #expect(graph.tensors.first { $0.type == .int32 }?.quantization?.dimension == 0)
        // Weights must say which dimension they mean.
        file.tensors[2].dimension = 0
        #expect(message(file).contains("has 3 scales along dimension 0"))
    }

    @Test func computedParametersAreRefused() {
        var shape = ModelFile.parameter([4])
        shape.data = nil
        let file = ModelFile(22, from: [1, 4], to: [4], constants: [shape])
        #expect(message(file).contains("its shape (operand 1) is computed by the model; only a constant is supported"))
    }

    @Test(arguments: [
        // AVERAGE_POOL_2D without options, so without strides.
        (ModelFile(1, from: [1, 4, 4, 1], to: [1, 4, 4, 1]), "window height is 0"),
        (
            ModelFile(1, from: [1, 4, 4, 1], to: [1, 4, 4, 1], options: (1, [:])),
            "its options are of kind 1; kind 5 belongs to this operator"
        ),
        (
            ModelFile(
                17, from: [1, 4, 4, 1], to: [1, 4, 4, 1],
                options: (5, [0: .uint8(2), 1: .int32(1), 2: .int32(1), 3: .int32(1), 4: .int32(1)])),
            "padding scheme 2 is neither SAME nor VALID"
        ),
        (ModelFile(0, from: [4], to: [4], options: (11, [0: .uint8(4)])), "fused activation 4 is not supported"),
        (ModelFile(0, from: [4], to: [4]), "has 1 operands"),
        (ModelFile(25, from: [4], to: [4], options: (9, [0: .float(1)])), "must have scale 1/256 and zero point -128"),
        (ModelFile(98, from: [4], to: [4], options: (75, [0: .float(.nan)])), "alpha nan is out of range"),
        (ModelFile(22, from: [4], to: [5], options: (17, [0: .int32s([5])])), "cannot reshape [4] to [5]"),
        (ModelFile(43, from: [2, 2], to: [4], options: (30, [0: .int32s([0])])), "which are not all 1"),
        (
            ModelFile(39, from: [2, 3], to: [2, 3], constants: [ModelFile.parameter([0, 0])]),
            "[0, 0] does not permute 2 dimensions"
        ),
        (
            ModelFile(40, from: [2, 3], to: [2, 3], constants: [ModelFile.parameter([], shape: [0])]),
            "there is no axis to reduce"
        ),
        (ModelFile(40, from: [2, 3], to: [2], constants: [ModelFile.parameter([2])]), "axis 2 does not exist"),
        (
            ModelFile(100, from: [3], to: [6], constants: [ModelFile.parameter([3, 0], shape: [1, 2])]),
            "pads 3 and 0 around 3 elements"
        ),
        (
            ModelFile(100, from: [-1], to: [6], constants: [ModelFile.parameter([0, 0], shape: [1, 2])]),
            "its input's shape [-1] is not fixed"
        ),
        (
            ModelFile(36, from: [1 << 30], to: [1], constants: [ModelFile.parameter([0])], options: (23, [:])),
            "dimensions of at most 1,048,576 are supported"
        ),
        (
            ModelFile(82, from: [2, 3], to: [2, 3], constants: [ModelFile.parameter([1])]),
            "give this result the shape [2]"
        ),
        (
            ModelFile(34, from: [2], to: [1], constants: [ModelFile.parameter([-1, 0], shape: [1, 2])]),
            "must be at least 0"
        ),
        (
            ModelFile(65, from: [4], to: [3], constants: [ModelFile.parameter([2]), ModelFile.parameter([3])]),
            "its slice of dimension 0 leaves the tensor [4]"
        ),
        (
            ModelFile(65, from: [-1], to: [3], constants: [ModelFile.parameter([0]), ModelFile.parameter([-1])]),
            "its input's shape [-1] is not fixed"
        ),
        (
            ModelFile(
                45, from: [4], to: [4], constants: [0, 4, 0].map { ModelFile.parameter([$0]) }, options: (32, [:])),
            "index 0 has begin, end and stride [0, 4, 0]"
        ),
        (
            ModelFile(
                45, from: [4], to: [4], constants: [3, 1, 1].map { ModelFile.parameter([$0]) }, options: (32, [:])),
            "index 0 takes no element of 4"
        ),
        (ModelFile(26, from: [1, 4, 4, 1], to: [1, 2, 2, 4], options: (19, [0: .int32(-2)])), "must be at least 1"),
    ])
    func badOperators(_ file: ModelFile, _ expected: String) {
        let text = message(file)
        #expect(text.hasPrefix("bad.tflite: byte 0x"))
        #expect(text.contains(expected), "\(text)")
    }

    @Test func otherEntryPointsAreRefusedAndOtherSubgraphsIgnored() {
        var file = relu()
        let signature = FlatValue.table([2: .string("train"), 4: .int32(1)])
        file.extra[7] = .tables([signature])
        #expect(message(file) == "imported", "a signature of a model with one subgraph says nothing")
        file.subgraphs = 2
        #expect(message(file).contains("several entry points; besides the first: 'train'; export it again"))
        file.extra[7] = nil
        #expect(message(file) == "imported", "a subgraph that nothing calls")
    }

    @Test func headersAreChecked() {
        #expect(message([1, 2, 3]).contains("byte 0x0: the file has only 3 bytes"))
        var bytes = relu().bytes
        bytes[4] = UInt8(ascii: "X")
        #expect(message(bytes).contains("byte 0x4: the file identifier is not TFL3"))
        var file = relu()
        file.extra[0] = .int32(4)
        #expect(message(file).contains("schema version 4 is not 3"))
        bytes = relu().bytes
        bytes.replaceSubrange(0..<4, with: [0xff, 0xff, 0xff, 0xff])
        #expect(message(bytes).contains("would end past the file's \(bytes.count) bytes"))
    }

    @Test func oneTableSharedManyTimesCostsNoMemory() {
        // 50,000 tensors, all one table whose name is 20,000 bytes long: a gigabyte of names in a small file.
        var file = relu()
        file.tensors[0].name = String(repeating: "x", count: 20_000)
        file.repeatsFirstTensor = 50_000
        file.operators[0] = .init(
            code: 2, inputs: (0..<50_000).map { Int32($0) }, outputs: [50_000])
        file.outputs = [50_000]
        let text = message(file)
        #expect(text.contains("the file refers to the same bytes over and over"), "\(text)")
    }

    @Test func truncationsAreRefused() throws {
        for file in try TestFiles.smallModels().prefix(8) {
            var refused = 0
            for count in 0..<file.bytes.count where message(Array(file.bytes.prefix(count))) != "imported" {
                refused += 1
            }
            // Only padding and what the importer has no use for may be missing at the end.
            #expect(refused > file.bytes.count * 3 / 4, "\(file.name): \(refused) of \(file.bytes.count)")
        }
    }

    @Test func operatorNamesFollowTheSchema() {
        #expect(TFLiteSchema.operatorName(0) == "ADD")
        #expect(TFLiteSchema.operatorName(32) == "CUSTOM")
        #expect(TFLiteSchema.operatorName(127) == "PLACEHOLDER_FOR_GREATER_OP_CODES")
        #expect(TFLiteSchema.operatorName(150) == "GELU")
        #expect(TFLiteSchema.operatorName(203) == "DILATE")
        #expect(TFLiteSchema.operatorName(-1) == "operator code -1")
        #expect(TFLiteSchema.typeName(17) == "int4")
    }

    /// What the table makes of a code is the operation that the schema calls so, save where several operators become one.
    @Test func operatorsBecomeTheirNamesakes() throws {
        let merged = [
            "SQUEEZE": "RESHAPE", "EXPAND_DIMS": "RESHAPE", "PADV2": "PAD", "STRIDED_SLICE": "SLICE",
            "MIRROR_PAD": "GATHER", "SPLIT_V": "SPLIT", "REVERSE_V2": "SLICE",
            "BROADCAST_TO": "GATHER",
        ]
        var seen: Set<String> = []
        for name in OperatorSuite.cases {
            for node in try TFLiteImporter.readFile(OperatorSuite.modelPath(name)).nodes {
                // An edge of a uint8 model.
                if node.origin.hasSuffix("int8"), !node.origin.hasPrefix("operator") { continue }
                let origin = String(node.origin.drop { $0 != "(" }.dropFirst().prefix { $0 != ")" })
                #expect(node.operation.name == merged[origin] ?? origin, "\(name): \(node.origin)")
                seen.insert(origin)
            }
        }
        let integer = OperatorSupport.table.filter { $0.value.levels.contains(.quantized) }.keys
        #expect(seen == Set(integer.map(TFLiteSchema.operatorName)))
    }
}
