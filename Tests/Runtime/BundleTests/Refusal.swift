import Bundle
import CBundle
import TestSupport
import Testing

/// Where a section starts in a file whose header and table are sound.
func sectionOffset(_ kind: oc_section_kind, in file: [UInt8]) -> Int {
    file.withUnsafeBytes { raw in
        let count = Int(raw.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        for index in 0..<count {
            let entry = raw.loadUnaligned(fromByteOffset: 64 + 32 * index, as: oc_section.self)
            if entry.kind == kind.rawValue { return Int(entry.offset) }
        }
        return 0
    }
}

/// The error that a bundle is refused with; nil where it is taken.
func refusal(_ file: [UInt8]) -> BundleError? {
    do throws(BundleError) {
        _ = try Bundle(copying: file)
        return nil
    } catch {
        return error
    }
}

/// Why the bundle at a path is not opened; nil where it is.
func openFailure(_ path: String) -> String? {
    do throws(Bundle.OpenError) {
        let bundle = try Bundle(path: path)
        return bundle.view.steps.isEmpty ? "has no steps" : nil
    } catch {
        return error.message
    }
}

/// Changes one record and expects the error at `offset` bytes into it.
func expect<T>(
    _ text: String, _ kind: oc_section_kind, _ index: Int = 0, at offset: Int = 0,
    sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout T) -> Void
) {
    var file = BundleFile(SampleBundle.make())
    file.edit(kind, index, as: T.self, change)
    let bytes = file.bytes()
    let error = refusal(bytes)
    #expect(error?.message.contains(text) == true, "\(error?.message ?? "taken")", sourceLocation: sourceLocation)
    let record = sectionOffset(kind, in: bytes) + index * MemoryLayout<T>.stride
    #expect(error?.byte == record + offset, sourceLocation: sourceLocation)
}

/// Changes one record and expects that the bundle is still taken.
func accept<T>(
    _ kind: oc_section_kind, _ index: Int = 0, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout T) -> Void
) {
    var file = BundleFile(SampleBundle.make())
    file.edit(kind, index, as: T.self, change)
    let error = refusal(file.bytes())
    #expect(error == nil, "\(error?.message ?? "")", sourceLocation: sourceLocation)
}
