// swift-tools-version: 6.2
import PackageDescription

// Two worlds. Board modules compile as ordinary Swift (host) and as Embedded Swift (boards): no Foundation, no
// dependency, never an import of a host module. Host modules may use what they like. `Bundle` is what both sides know.

/// For C that speaks to the kernel: sizes and times of 64 bits everywhere, and errors that tests can force.
let linuxSettings: [CSetting] = [
    .define("_GNU_SOURCE"), .define("_FILE_OFFSET_BITS", to: "64"), .define("_TIME_BITS", to: "64"),
    .define("OC_FORCED", .when(configuration: .debug)),
]

let boardModules: [Target] = [
    .target(name: "CTarget"),
    .target(name: "CBundle", dependencies: ["CTarget"]),
    .target(name: "CKernels", dependencies: ["CBundle"], cSettings: [.define("_GNU_SOURCE")]),
    .target(
        name: "CLinux", dependencies: ["CTarget"],
        cSettings: linuxSettings + [.define("OC_DEVICE_LIBRARIES", .when(traits: ["DeviceLibraries"]))],
        linkerSettings: [.linkedLibrary("m")]),
    .target(name: "System", dependencies: ["CLinux"]),
    .target(name: "CPictures", dependencies: ["CTarget"], cSettings: [.define("_GNU_SOURCE")]),
    .target(name: "Bundle", dependencies: ["CBundle", "CLinux", "System"]),
    .target(name: "Kernels", dependencies: ["CBundle", "CKernels", "Bundle"]),
    .target(name: "Engine", dependencies: ["CBundle", "CLinux", "System", "Bundle", "Kernels"]),
    .target(name: "Vision", dependencies: ["CBundle", "CKernels", "Bundle"]),
    .target(name: "Pictures", dependencies: ["CPictures"]),
    .target(
        name: "CV4L2", dependencies: ["CTarget"],
        cSettings: linuxSettings + [.define("OC_DEVICE_LIBRARIES", .when(traits: ["DeviceLibraries"]))],
        linkerSettings: [
            .linkedLibrary("v4l2", .when(traits: ["DeviceLibraries"])),
            .linkedLibrary("v4lconvert", .when(traits: ["DeviceLibraries"])),
            .linkedLibrary("jpeg", .when(traits: ["DeviceLibraries"])),
        ]),
    .target(
        name: "CGPIO", dependencies: ["CTarget"],
        cSettings: linuxSettings + [.define("OC_DEVICE_LIBRARIES", .when(traits: ["DeviceLibraries"]))],
        linkerSettings: [.linkedLibrary("gpiod", .when(traits: ["DeviceLibraries"]))]),
    .target(name: "GPIO", dependencies: ["CBundle", "CGPIO", "CLinux", "System"]),
    .target(name: "Sensors", dependencies: ["CLinux", "CV4L2", "System", "Vision", "Pictures", "Recording"]),
    .target(name: "Events", dependencies: ["CBundle", "CLinux", "System"]),
    .target(
        name: "Recording", dependencies: ["Bundle", "CBundle", "CLinux", "Events", "Pictures", "System", "Vision"]),
    .target(name: "CChecks", exclude: ["cases.bin"]),
    .target(name: "Checks", dependencies: ["Bundle", "CBundle", "CChecks", "CKernels", "Engine", "Kernels", "System"]),
    .executableTarget(name: "selfcheck", dependencies: ["CLinux", "Checks", "Kernels", "System"]),
    .executableTarget(
        name: "ocellusd",
        dependencies: [
            "Bundle", "CBundle", "CLinux", "Engine", "Events", "GPIO", "Kernels", "Recording", "Sensors", "System",
            "Vision",
        ]),
]

let hostModules: [Target] = [
    .systemLibrary(name: "CGD", providers: [.apt(["libgd-dev"])]),
    .target(name: "Drawing", dependencies: ["CGD", "Pictures"]),
    .target(name: "Deployment", resources: [.embedInCode("Assets")]),
    .target(name: "Graph"),
    .target(name: "Importers", dependencies: ["Graph"]),
    .target(name: "Reference", dependencies: ["Graph"]),
    .target(
        name: "Boards", dependencies: ["Bundle", "CBundle", .product(name: "Yams", package: "Yams")],
        // Profiles is a link to the top folder Boards. Compiled in, so that `ocellus` needs no folder beside it.
        resources: [.embedInCode("Profiles")]),
    .target(
        name: "Compiler", dependencies: ["Boards", "Bundle", "CBundle", "CKernels", "Graph", "Kernels", "Reference"]),
    .executableTarget(
        name: "ocellus",
        dependencies: [
            "Boards", "Bundle", "CBundle", "CKernels", "CLinux", "Compiler", "Deployment", "Drawing", "Engine", "Graph",
            "Importers", "Kernels", "Pictures", "Reference", "System", "Vision",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ]),
]

let tests: [Target] = [
    // What tests of several modules need: golden data, damaged files.
    .target(name: "TestSupport", dependencies: ["CBundle"], path: "Tests/Support"),
    .testTarget(name: "GraphTests", dependencies: ["Graph"]),
    .testTarget(name: "ImportersTests", dependencies: ["Graph", "Importers", "TestSupport"]),
    .testTarget(name: "ReferenceTests", dependencies: ["Graph", "Importers", "Reference", "TestSupport"]),
    .testTarget(name: "BundleTests", dependencies: ["Bundle", "CBundle", "System", "TestSupport"]),
    .testTarget(
        name: "ChecksTests",
        dependencies: ["Boards", "CBundle", "Checks", "Compiler", "Graph", "Importers", "Kernels", "TestSupport"]),
    .testTarget(name: "KernelsTests", dependencies: ["Bundle", "CBundle", "Kernels"]),
    .testTarget(
        name: "EngineTests",
        dependencies: [
            "Boards", "Bundle", "CBundle", "CKernels", "CLinux", "Compiler", "Engine", "Graph", "Importers", "Kernels",
            "Reference", "System", "TestSupport",
        ]),
    .testTarget(
        name: "PicturesTests", dependencies: ["Pictures", "TestSupport"], exclude: ["make_files.py"],
        resources: [.copy("Files")]),
    // Runs the program itself, so it must be built.
    .testTarget(name: "CommandTests", dependencies: ["CBundle", "Importers", "Kernels", "ocellus", "TestSupport"]),
    .testTarget(name: "DeploymentTests", dependencies: ["Deployment"]),
    .testTarget(name: "DrawingTests", dependencies: ["Drawing", "Pictures"]),
    .testTarget(name: "SystemTests", dependencies: ["CLinux", "System"]),
    .testTarget(
        name: "VisionTests",
        dependencies: ["CBundle", "CLinux", "Pictures", "Sensors", "System", "TestSupport", "Vision"]),
    // A camera driver and GPIO lines in memory.
    .target(
        name: "FakeDevices", dependencies: ["CGPIO", "CTarget", "CV4L2"], path: "Tests/FakeDevices",
        cSettings: [.define("_GNU_SOURCE")]),
    .testTarget(
        name: "SensorsTests",
        dependencies: ["CLinux", "CV4L2", "FakeDevices", "Pictures", "Sensors", "System", "Vision"]),
    .testTarget(name: "GPIOTests", dependencies: ["CBundle", "CGPIO", "CLinux", "FakeDevices", "GPIO", "System"]),
    .testTarget(
        name: "RecordingTests",
        dependencies: [
            "Bundle", "CBundle", "CLinux", "Events", "Pictures", "Recording", "System", "TestSupport", "Vision",
        ]),
    .testTarget(name: "EventsTests", dependencies: ["CBundle", "CLinux", "Events", "System"]),
    .testTarget(
        name: "DaemonTests",
        dependencies: [
            "Boards", "CBundle", "CLinux", "Compiler", "Importers", "Kernels", "System", "TestSupport", "ocellusd",
        ]),
    .testTarget(name: "BoardsTests", dependencies: ["Boards", "Bundle", "CBundle", "TestSupport"]),
]

let package = Package(
    name: "ocellus",
    products: [
        .executable(name: "ocellus", targets: ["ocellus"]),
        .executable(name: "ocellusd", targets: ["ocellusd"]),
        .executable(name: "selfcheck", targets: ["selfcheck"]),
    ],
    traits: [
        .trait(
            name: "DeviceLibraries",
            description: "Cameras through libv4l2 and GPIO lines through libgpiod, not plain system calls.")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    ],
    targets: boardModules + hostModules + tests,
    swiftLanguageModes: [.v6]
)
