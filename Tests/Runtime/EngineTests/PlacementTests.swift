import Bundle
import CBundle
import CLinux
import Engine
import Importers
import Kernels
import System
import TestSupport
import Testing

/// All threads of an engine are pinned, or none. `PinningTests` of the daemon look at the threads themselves.
@Suite(.serialized) struct PlacementTests {
    private static let cpus = (0..<UInt16(OC_MAX_CPUS)).filter { Thread.mayRun(on: $0) }

    /// A bundle of two threads on these CPUs.
    private static func bundle(on cpus: [UInt16]) throws -> Bundle {
        let graph = try TFLiteImporter.readFile(OperatorSuite.modelPath("conv_2d-3x3-relu"))
        var file = BundleFile(try compile(graph, .scalar, threads: 2).bundle)
        file.edit(OC_SECTION_MODEL, as: oc_model.self) { model in
            withUnsafeMutableBytes(of: &model.cpus) { raw in
                for (index, cpu) in cpus.enumerated() { raw.bindMemory(to: UInt16.self)[index] = cpu + 1 }
            }
        }
        return try Bundle(copying: file.bytes())
    }

    /// What becomes of such a bundle's threads.
    private static func place(on cpus: [UInt16]) throws -> Placement {
        let engine = try Engine(try bundle(on: cpus))
        defer { try? Thread.place(Thread.current, on: []) }
        return engine.placeThreads()
    }

    @Test("Without CPUs anywhere, on missing ones nowhere")
    func refused() throws {
        #expect(try Self.place(on: []) == .anywhere)
        let missing = try #require((0..<UInt16(OC_MAX_CPUS)).last { !Thread.mayRun(on: $0) })
        #expect(try Self.place(on: [Self.cpus[0], missing]) == .refused(cpu: Int(missing)))
    }

    #if DEBUG
        @Test("A thread that Linux does not place", .enabled(if: cpus.count > 1, "needs two CPUs"))
        func failing() throws {
            let two = Array(Self.cpus.prefix(2))
            #expect(try Self.place(on: two) == .pinned)
            defer { oc_force_no_errors() }
            for thread in [Int32(0), 1] {
                oc_force_error(OC_CALL_PLACE, thread, 1, Int32(OC_EINVAL))
                #expect(try Self.place(on: two) == .refused(cpu: Int(two[Int(thread)])))
            }
        }
    #endif

    @Test("A bundle that is packed again keeps its CPUs")
    func repacked() throws {
        let set = try #require(availableSets.last)
        let bundle = try Self.bundle(on: [3, 1]).packed(.to(set))
        #expect(bundle.view.cpus == [3, 1])
    }
}
