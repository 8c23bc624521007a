import CBundle
import Foundation
import Kernels
import TestSupport
import Testing

@Suite struct VerifyTests {
    @Test(
        "A bundle is the reference's equal, also where steps are fused, in place or views",
        arguments: ["chain", "concatenation", "split", "pad", "unpack", "relu6"])
    func equal(operation: String) throws {
        let folder = try Folder()
        for name in OperatorSuite.cases(of: operation).prefix(3) {
            let model = OperatorSuite.modelPath(name)
            #expect(try Command("build", model, "-o", "x.ocellus", "-q", in: folder).code == 0)
            let verify = try Command("verify", model, "x.ocellus", in: folder)
            #expect(verify.code == 0, "\(name): \(verify.errors)")
            #expect(verify.text.contains("0 differ"))
        }
    }

    @Test("A board's bundle is proved on a machine without its kernels", arguments: KernelSet.allCases)
    func packedAgain(set: KernelSet) throws {
        let boards: [KernelSet: String] = [
            .avx2: "generic-x86-64", .neon: "generic-aarch64", .dotprod: "raspberry-pi-5", .neon32: "generic-armv7",
            .rvv: "banana-pi-f3",
        ]
        guard let board = boards[set] else { return }
        let folder = try Folder()
        let options = ["--board", board, "--kernels", "\(set.name)", "-o", "x.ocellus", "-q"]
        #expect(try Command(["build", Sample.personDetect] + options, in: folder).code == 0)
        let verify = try Command("verify", Sample.personDetect, "x.ocellus", "--runs", "1", in: folder)
        #expect(verify.code == 0 && verify.text.contains("0 differ"), "\(verify.errors)")
        #expect(verify.text.contains("this CPU lacks \(set.name)") == !set.isAvailable)
    }

    @Test("A wrong bias is found at the step that reads it")
    func different() throws {
        let folder = try Folder()
        let model = OperatorSuite.modelPath(try #require(OperatorSuite.cases(of: "conv_2d").first))
        #expect(try Command("build", model, "-o", "x.ocellus", "--kernels", "scalar", "-q", in: folder).code == 0)
        try folder.write(Self.withWrongBias(try folder.read("x.ocellus")), to: "wrong.ocellus")
        let verify = try Command("verify", model, "wrong.ocellus", in: folder)
        #expect(verify.code == 1)
        #expect(
            verify.errors.contains("wrong.ocellus: step 0, operator 0 (CONV_2D), is the first that differs: element"))
        #expect(verify.output.isEmpty)
    }

    @Test("Another model's bundle is refused, and so are inputs of another size")
    func mismatch() throws {
        let folder = try Folder()
        let models = OperatorSuite.cases(of: "conv_2d").prefix(2).map(OperatorSuite.modelPath)
        #expect(try Command("build", models[0], "-o", "x.ocellus", "-q", in: folder).code == 0)
        let other = try Command("verify", models[1], "x.ocellus", in: folder)
        #expect(other.code == 1 && other.errors.contains("CRC-32C"))
        try folder.write([1], to: "short.bin")
        let short = try Command("verify", models[0], "x.ocellus", "--input-raw", "short.bin", in: folder)
        #expect(short.code == 1 && short.errors.contains("short.bin: has 1 byte,"))
    }

    /// The weights section's first number, the scalar set's bias of channel 0, is far off, and all checksums are right again.
    private static func withWrongBias(_ bundle: [UInt8]) -> [UInt8] {
        var bytes = bundle
        bytes.withUnsafeMutableBytes { file in
            var header = file.load(as: oc_header.self)
            let table = 64..<64 + 32 * Int(header.section_count)
            for at in stride(from: table.lowerBound, to: table.upperBound, by: 32) {
                var section = file.load(fromByteOffset: at, as: oc_section.self)
                guard section.kind == OC_SECTION_WEIGHTS.rawValue else { continue }
                let weights = Int(section.offset)..<Int(section.offset + section.bytes)
                file[weights.lowerBound + 1] ^= 0x7f
                section.crc = oc_crc32c(0, file.baseAddress.map { $0 + weights.lowerBound }, weights.count)
                file.storeBytes(of: section, toByteOffset: at, as: oc_section.self)
            }
            header.table_crc = oc_crc32c(0, file.baseAddress.map { $0 + table.lowerBound }, table.count)
            header.header_crc = 0
            header.header_crc = withUnsafeBytes(of: header) { oc_crc32c(0, $0.baseAddress, $0.count) }
            file.storeBytes(of: header, as: oc_header.self)
        }
        return bytes
    }
}
