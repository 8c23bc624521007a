import CBundle

/// Typed access to the bytes of a bundle, in place. It exists only for bytes that `init(verifying:)` has accepted, so
/// every offset, count, text and index reachable from here lies inside them. It does not own the bytes.
///
/// Beside each section's description stands the property that gives its records.
public struct BundleView: @unchecked Sendable {
    public let bytes: UnsafeRawBufferPointer
    private let contents: SectionTable.Contents

    /// Verifies everything but the steps' geometry, which `StepVerifier` of Kernels checks against the kernels' contracts.
    /// - Parameter bytes: 64-byte aligned; must outlive the view and not change.
    public init(verifying bytes: UnsafeRawBufferPointer) throws(BundleError) {
        let table = try SectionTable(verifying: bytes)
        self.bytes = bytes
        contents = table.contents
        var amounts = AmountVerifier(table)
        try BundleSections.visit(&amounts)
        try CascadeBundleSection.verify(self)
        var records = RecordVerifier(self)
        try BundleSections.visit(&records)
    }

    /// Bytes that `init(verifying:)` has accepted before.
    init(known bytes: UnsafeRawBufferPointer) throws(BundleError) {
        self.bytes = bytes
        contents = try SectionTable(verifying: bytes, sums: false).contents
    }

    /// The bytes of a section; without an address where the bundle lacks it.
    public func bytes<S: BundleSection>(of section: S.Type) -> UnsafeRawBufferPointer {
        contents[Int(S.kind.rawValue)]
    }

    /// The records of a section; without an address where the bundle lacks it.
    public func records<S: BundleSection>(_ section: S.Type) -> UnsafeBufferPointer<S.Record> {
        bytes(of: section).bindMemory(to: S.Record.self)
    }

    /// The CPUs that the threads belong on; none: wherever Linux puts them.
    public var cpus: [UInt16] {
        var cpus: [UInt16] = []
        withUnsafeBytes(of: model.pointee.cpus) { raw in
            for cpu in raw.bindMemory(to: UInt16.self) where cpu > 0 { cpus.append(cpu - 1) }
        }
        return cpus
    }

    /// Names the whole content: it is made of all sections' checksums.
    public var checksum: UInt32 {
        bytes.baseAddress!.assumingMemoryBound(to: oc_header.self).pointee.table_crc
    }

    /// The UTF-8 bytes of a text of this bundle.
    public func text(_ text: oc_text) -> UnsafeBufferPointer<UInt8> {
        UnsafeRawBufferPointer(rebasing: strings[Int(text.offset)..<Int(text.offset) + Int(text.length)])
            .assumingMemoryBound(to: UInt8.self)
    }

    /// The same as a string, for messages and reports; not for the steady state.
    public func string(_ text: oc_text) -> String {
        String(decoding: self.text(text), as: UTF8.self)
    }
}
