import Boards
import Bundle
import CBundle
import Compiler
import Importers
import Kernels
import TestSupport
import Testing

/// The caches that a plan is made for.
@Suite struct CachesTests {
    private static func options(_ caches: Caches?) throws -> Compiler.Options {
        var options = Compiler.Options(board: try BoardProfile.find("host"))
        options.kernelSet = .scalar
        options.caches = caches
        return options
    }

    @Test("Caches that are forced decide the plan, and stand in the bundle")
    func forced() throws {
        let graph = try TFLiteImporter.readFile(try #require(ModelGolden.path(of: "person_detect")))
        var steps: [Int] = []
        for caches in [Caches(l1: 4 << 10, l2: 8 << 10), Caches(l1: 64 << 20, l2: 64 << 20, l3: 64 << 20)] {
            let result = try Compiler(Self.options(caches)).compile(graph, origin: "p.tflite", originBytes: [])
            #expect(result.report.caches == caches)
            let told = try Bundle(copying: result.bundle).view.model.pointee.caches
            #expect(told.l1 == caches.l1 && told.l2 == caches.l2 && told.l3 == caches.l3)
            steps.append(result.report.steps)
        }
        #expect(steps[0] != steps[1], "small caches ask for strips where large ones do not")
    }

    @Test("What is not forced is the profile's")
    func profile() throws {
        let graph = try TFLiteImporter.readFile(OperatorSuite.modelPath("conv_2d-3x3-relu"))
        let options = try Self.options(nil)
        let result = try Compiler(options).compile(graph, origin: "c.tflite", originBytes: [])
        #expect(try result.report.caches == Caches(options.board))
    }

    @Test("Sizes that are none are refused by name", arguments: [(0, 1, 0), (1, 0, 0), (1 << 32, 1, 0), (1, 1, -1)])
    func refused(l1: Int, l2: Int, l3: Int) throws {
        let graph = try TFLiteImporter.readFile(OperatorSuite.modelPath("conv_2d-3x3-relu"))
        let compiler = Compiler(try Self.options(Caches(l1: l1, l2: l2, l3: l3)))
        do throws(CompileError) {
            _ = try compiler.compile(graph, origin: "c.tflite", originBytes: [])
            Issue.record("taken")
        } catch {
            #expect(error.description.hasPrefix("host: caches of \(l1), \(l2) and \(l3) bytes"))
        }
    }
}
