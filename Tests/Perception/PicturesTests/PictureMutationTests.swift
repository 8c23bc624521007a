import Pictures
import TestSupport
import Testing

/// No bytes make a picture's decoder crash, hang or leave its memory.
@Suite struct PictureMutationTests {
    @Test("Damaged pictures are decoded or refused")
    func damaged() throws {
        let files = try HostilePictureTests.names.map { (name: $0, bytes: try file($0)) }
        var picture = Picture()
        let run = MutationRun("picture", files: files, cases: 6_000) { bytes in
            guard refusal(of: bytes, into: &picture) == nil else {
                #expect(picture.width == 0)
                return false
            }
            #expect(picture.pixels.count == picture.width * picture.height * picture.channels && picture.width > 0)
            return true
        }
        #expect(run.accepted + run.refused == run.cases)
        #expect(run.refused > run.cases / 4, "the damage is found")
        #expect(run.accepted > run.cases / 50, "the damage is not always fatal, so pixels are reached")
        #expect(run.isBounded, "\(run.slowest)")
    }
}
