import CBundle
import Foundation
import TestSupport
import Testing

@testable import Kernels

/// The contracts are complete, and nothing decides by a kernel's family outside them.
@Suite struct KernelContractTests {
    @Test("Every kernel has one contract, found by its number")
    func complete() {
        #expect(KernelContract.all.count == Int(OC_KERNEL_LIMIT.rawValue) - 1)
        for (index, contract) in KernelContract.all.enumerated() {
            #expect(contract.kernel.rawValue == UInt32(index) + 1)
        }
        for number in [0, OC_KERNEL_LIMIT.rawValue, .max] {
            if KernelContract.find(number) != nil { Issue.record("\(number) is no kernel") }
        }
        let names = KernelContract.all.map { "\($0.name(oc_step()))" }
        #expect(Set(names).count == names.count)
    }

    @Test("No switch over kernels stands outside the contracts and the makers of random steps")
    func oneHome() throws {
        let sources = Checkout.file("Sources")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        let switching = try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
            .filter { try String(contentsOf: $0, encoding: .utf8).contains("case OC_KERNEL_") }.map(\.lastPathComponent)
        #expect(switching == ["RandomStep.swift"])
    }
}
