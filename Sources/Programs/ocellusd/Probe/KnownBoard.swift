import Kernels

/// The boards that have a profile, by what their device trees say. The profiles themselves stay on the host; a test holds
/// this table to them.
enum KnownBoard {
    /// Some boards have cores of two architectures, and a profile for each.
    static let all: [(compatible: StaticString, architecture: StaticString, profile: StaticString)] = [
        ("bananapi,bpi-f3", "riscv64", "banana-pi-f3"),
        ("beagle,am625-beagleplay", "aarch64", "beagleplay"),
        ("sipeed,lichee-pi-4a", "riscv64", "licheepi-4a"),
        ("rockchip,rv1103g-38x38-ipc-v10", "armv7", "luckfox-pico"),
        ("milkv,duo-s", "aarch64", "milk-v-duo-s-arm"),
        ("milkv,duo-s", "riscv64", "milk-v-duo-s-riscv"),
        ("xunlong,orangepi-5", "aarch64", "orange-pi-5"),
        ("radxa,zero-3w", "aarch64", "radxa-zero-3w"),
        ("raspberrypi,3-model-b-plus", "aarch64", "raspberry-pi-3b-plus"),
        ("raspberrypi,4-model-b", "aarch64", "raspberry-pi-4"),
        ("raspberrypi,5-model-b", "aarch64", "raspberry-pi-5"),
        ("raspberrypi,model-zero-2-w", "aarch64", "raspberry-pi-zero-2-w"),
        ("starfive,visionfive-2-v1.2a", "riscv64", "visionfive-2"),
        ("starfive,visionfive-2-v1.3b", "riscv64", "visionfive-2"),
    ]

    /// The profile of the board with these strings, on cores of this program's architecture. The first string is the
    /// most specific.
    static func name(compatible: [ArraySlice<UInt8>]) -> StaticString? {
        let architecture = bytes(of: CPU.architecture)
        for text in compatible {
            for board in all where text.elementsEqual(bytes(of: board.compatible)) {
                if architecture == bytes(of: board.architecture) { return board.profile }
            }
        }
        return nil
    }
}
