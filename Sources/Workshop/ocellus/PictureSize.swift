import ArgumentParser
import CBundle

/// Width and height on the command line, as 320x240.
struct PictureSize: ExpressibleByArgument {
    let width: Int
    let height: Int

    init?(argument: String) {
        let parts = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        let sides = 1...Int(OC_MAX_INPUT_SIDE)
        guard parts.count == 2, let width = parts[0], let height = parts[1], sides.contains(width),
            sides.contains(height)
        else { return nil }
        (self.width, self.height) = (width, height)
    }
}
