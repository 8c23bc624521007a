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
    .target(name: "CTarget", path: "Sources/Platform/CTarget"),
    .target(name: "CBundle", dependencies: ["CTarget"], path: "Sources/Runtime/CBundle"),
    .target(
        name: "CKernels", dependencies: ["CBundle"], path: "Sources/Runtime/CKernels",
        cSettings: [.define("_GNU_SOURCE")]),
    .target(
        name: "CLinux", dependencies: ["CTarget"], path: "Sources/Platform/CLinux",
        cSettings: linuxSettings + [.define("OC_DEVICE_LIBRARIES", .when(traits: ["DeviceLibraries"]))],
        linkerSettings: [.linkedLibrary("m")]),
    .target(name: "System", dependencies: ["CLinux"], path: "Sources/Platform/System"),
    .target(
        name: "CPictures", dependencies: ["CTarget"], path: "Sources/Perception/CPictures",
        cSettings: [.define("_GNU_SOURCE")]),
    .target(name: "Bundle", dependencies: ["CBundle", "CLinux", "System"], path: "Sources/Runtime/Bundle"),
    .target(
        name: "Kernels", dependencies: ["CBundle", "CKernels", "System", "Bundle"], path: "Sources/Runtime/Kernels"),
    .target(
        name: "Engine", dependencies: ["CBundle", "CLinux", "System", "Bundle", "Kernels"],
        path: "Sources/Runtime/Engine"),
    .target(name: "Vision", dependencies: ["CBundle", "CKernels", "Bundle"], path: "Sources/Perception/Vision"),
    .target(
        name: "Detectors", dependencies: ["Bundle", "CBundle", "CKernels", "Vision"],
        path: "Sources/Perception/Detectors"),
    .target(name: "Tracking", dependencies: ["Detectors"], path: "Sources/Perception/Tracking"),
    .target(name: "Pictures", dependencies: ["CPictures"], path: "Sources/Perception/Pictures"),
    .target(
        name: "CV4L2", dependencies: ["CTarget"], path: "Sources/Sensing/CV4L2",
        cSettings: linuxSettings + [.define("OC_DEVICE_LIBRARIES", .when(traits: ["DeviceLibraries"]))],
        linkerSettings: [
            .linkedLibrary("v4l2", .when(traits: ["DeviceLibraries"])),
            .linkedLibrary("v4lconvert", .when(traits: ["DeviceLibraries"])),
            .linkedLibrary("jpeg", .when(traits: ["DeviceLibraries"])),
        ]),
    .target(
        name: "CGPIO", dependencies: ["CTarget"], path: "Sources/Sensing/CGPIO",
        cSettings: linuxSettings + [.define("OC_DEVICE_LIBRARIES", .when(traits: ["DeviceLibraries"]))],
        linkerSettings: [.linkedLibrary("gpiod", .when(traits: ["DeviceLibraries"]))]),
    .target(name: "GPIO", dependencies: ["CBundle", "CGPIO", "CLinux", "System"], path: "Sources/Sensing/GPIO"),
    .target(
        name: "Sensors", dependencies: ["CLinux", "CV4L2", "System", "Vision", "Pictures", "Recording"],
        path: "Sources/Sensing/Sensors"),
    .target(name: "JSON", path: "Sources/Telling/JSON"),
    .target(
        name: "Events", dependencies: ["Bundle", "CBundle", "CLinux", "Detectors", "JSON", "System", "Tracking"],
        path: "Sources/Telling/Events"),
    .target(
        name: "Recording",
        dependencies: ["Bundle", "CBundle", "CLinux", "Events", "JSON", "Pictures", "System", "Vision"],
        path: "Sources/Telling/Recording"),
    // Programs of others: a Swift module, and the same behind a header of C.
    .target(
        name: "Ocellus", dependencies: ["Bundle", "CBundle", "Engine", "Kernels", "System", "Vision"],
        path: "Sources/Library/Ocellus"),
    .target(name: "COcellus", dependencies: ["CBundle"], path: "Sources/Library/COcellus"),
    .target(
        name: "OcellusC", dependencies: ["Bundle", "COcellus", "Ocellus", "System"], path: "Sources/Library/OcellusC"),
    .executableTarget(
        name: "classify", dependencies: ["Ocellus"], path: "Examples/library", exclude: ["classify.c", "classify.py"],
        sources: ["classify.swift"]),
    .target(
        name: "CChecks", dependencies: ["CTarget", "CKernels"], path: "Sources/Programs/CChecks",
        exclude: ["cases.bin"],
        cSettings: [.define("_GNU_SOURCE")]),
    .target(
        name: "Checks", dependencies: ["Bundle", "CBundle", "CChecks", "CKernels", "Engine", "Kernels", "System"],
        path: "Sources/Programs/Checks"),
    // Programs alone depend on it: no library may bring replacements of the C library's functions along.
    .target(
        name: "CStatic", dependencies: ["CTarget"], path: "Sources/Programs/CStatic",
        cSettings: [.define("_GNU_SOURCE"), .define("OC_DEVICE_LIBRARIES", .when(traits: ["DeviceLibraries"]))]),
    .executableTarget(
        name: "selfcheck", dependencies: ["Bundle", "CLinux", "CStatic", "Checks", "Kernels", "System"],
        path: "Sources/Programs/selfcheck"),
    // All that ocellusd does but its command line; `ocellus watch` does the same.
    .target(
        name: "Watching",
        dependencies: [
            "Bundle", "CBundle", "CLinux", "Detectors", "Engine", "Events", "GPIO", "JSON", "Kernels", "Recording",
            "Sensors", "System", "Tracking", "Vision",
        ], path: "Sources/Programs/Watching"),
    .executableTarget(
        name: "ocellusd",
        dependencies: [
            "Bundle", "CBundle", "CLinux", "CStatic", "Engine", "Events", "JSON", "Kernels", "Sensors", "System",
            "Vision", "Watching",
        ], path: "Sources/Programs/ocellusd"),
]

let hostModules: [Target] = [
    .systemLibrary(name: "CGD", path: "Sources/Workshop/CGD", providers: [.apt(["libgd-dev"])]),
    .target(name: "Drawing", dependencies: ["CGD", "Pictures"], path: "Sources/Workshop/Drawing"),
    .target(name: "Deployment", path: "Sources/Workshop/Deployment", resources: [.embedInCode("Assets")]),
    .target(name: "Graph", path: "Sources/Workshop/Graph"),
    .systemLibrary(name: "CZip", path: "Sources/Workshop/CZip", providers: [.apt(["libzip-dev"])]),
    // Generated of onnx.proto; see its README.
    .target(
        name: "ONNXFormat", dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")],
        path: "Sources/Workshop/ONNXFormat", exclude: ["onnx.proto", "make.sh"]),
    .target(
        name: "Importers", dependencies: ["CZip", "Graph", "ONNXFormat"], path: "Sources/Workshop/Importers"),
    // Networks to try Jetpac's format with.
    .target(name: "JetpacWriter", path: "Examples/jetpac/Writer"),
    .executableTarget(
        name: "alexnet", dependencies: ["JetpacWriter"], path: "Examples/jetpac/Program"),
    // Tracks of detections in a file, to score the tracker with.
    .executableTarget(
        name: "trackfile", dependencies: ["Detectors", "Tracking"], path: "Examples/benchmark/tracking/Program"),
    .systemLibrary(
        name: "COpenBLAS", path: "Sources/Workshop/COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    .target(
        name: "Reference", dependencies: ["CBundle", "CKernels", "COpenBLAS", "Graph", "Kernels"],
        path: "Sources/Workshop/Reference"),
    .target(name: "Heads", dependencies: ["Graph", "Reference"], path: "Sources/Workshop/Heads"),
    .target(
        name: "Quantization", dependencies: ["COpenBLAS", "Graph", "Reference"],
        path: "Sources/Workshop/Quantization"),
    .target(
        name: "Boards",
        dependencies: [
            "Bundle", "CBundle", "Graph", "LinkSettings", "Sensors", "System",
            .product(name: "Yams", package: "Yams"),
        ],
        path: "Sources/Workshop/Boards",
        exclude: ["LabelLists/make-lists.py", "LabelLists/NOTICE"],
        // Profiles is a link to the top folder Boards. Compiled in, so that `ocellus` needs no folder beside it.
        resources: [.embedInCode("Profiles"), .embedInCode("LabelLists")]),
    .target(
        name: "Compiler",
        dependencies: ["Boards", "Bundle", "CBundle", "CKernels", "Graph", "Kernels", "Reference", "System"],
        path: "Sources/Workshop/Compiler"),
    .executableTarget(
        name: "ocellus",
        dependencies: [
            "Boards", "Bundle", "CBundle", "CKernels", "CLinux", "Compiler", "Deployment", "Detectors", "Drawing",
            "Engine",
            "Graph", "Heads", "Importers", "Kernels", "Pictures", "Quantization", "Reference", "Sensors", "System",
            "Vision", "Watching",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ], path: "Sources/Workshop/ocellus"),
]

// The way to an MQTT broker: of the boards' kind as well, but linked with libraries of the machine that it runs on.
let linkModules: [Target] = [
    .target(
        name: "CPaho", path: "Sources/Link/CPaho", cSettings: [.define("_GNU_SOURCE")],
        linkerSettings: [.linkedLibrary("paho-mqtt3as")]),
    // Without a broker's library: `ocellus` knows what the program takes.
    .target(name: "LinkSettings", dependencies: ["CLinux", "JSON", "System"], path: "Sources/Link/LinkSettings"),
    .target(
        name: "Link", dependencies: ["CBundle", "CLinux", "CPaho", "JSON", "LinkSettings", "System"],
        path: "Sources/Link/Link"),
    .executableTarget(
        name: "ocellus-link", dependencies: ["CLinux", "Link", "LinkSettings", "System"],
        path: "Sources/Link/ocellus-link"),
    .testTarget(
        name: "LinkTests", dependencies: ["CLinux", "JSON", "Link", "LinkSettings", "System"],
        path: "Tests/Link/LinkTests"),
]

let tests: [Target] = [
    // What tests of several modules need: golden data, damaged files.
    .target(
        name: "TestSupport",
        dependencies: [
            "Bundle", "CBundle", "Graph", "JetpacWriter", "ONNXFormat",
            .product(name: "SwiftProtobuf", package: "swift-protobuf"),
        ], path: "Tests/Support"),
    .testTarget(name: "GraphTests", dependencies: ["Graph"], path: "Tests/Workshop/GraphTests"),
    .testTarget(
        name: "ImportersTests",
        dependencies: [
            "Graph", "Importers", "JetpacWriter", "ONNXFormat", "Reference", "TestSupport",
            .product(name: "SwiftProtobuf", package: "swift-protobuf"),
        ],
        path: "Tests/Workshop/ImportersTests"),
    .testTarget(
        name: "ReferenceTests", dependencies: ["Graph", "Importers", "Reference", "TestSupport"],
        path: "Tests/Workshop/ReferenceTests"),
    .testTarget(
        name: "HeadsTests", dependencies: ["Graph", "Heads", "Importers", "ONNXFormat", "Reference", "TestSupport"],
        path: "Tests/Workshop/HeadsTests"),
    .testTarget(
        name: "QuantizationTests", dependencies: ["Graph", "Importers", "Quantization", "Reference", "TestSupport"],
        path: "Tests/Workshop/QuantizationTests"),
    .testTarget(
        name: "BundleTests", dependencies: ["Bundle", "CBundle", "System", "TestSupport"],
        path: "Tests/Runtime/BundleTests"),
    // Kernels with a fault each.
    .target(name: "FaultyKernels", dependencies: ["CKernels"], path: "Tests/Programs/FaultyKernels"),
    .testTarget(
        name: "ChecksTests",
        dependencies: [
            "Boards", "CBundle", "Checks", "Compiler", "FaultyKernels", "Graph", "Importers", "Kernels", "Reference",
            "TestSupport",
        ], path: "Tests/Programs/ChecksTests"),
    .testTarget(name: "StaticTests", dependencies: ["CStatic", "TestSupport"], path: "Tests/Programs/StaticTests"),
    .testTarget(
        name: "KernelsTests", dependencies: ["Bundle", "CBundle", "Kernels", "TestSupport"],
        path: "Tests/Runtime/KernelsTests"),
    .testTarget(
        name: "EngineTests",
        dependencies: [
            "Boards", "Bundle", "CBundle", "CKernels", "CLinux", "Compiler", "Engine", "Graph", "Importers", "Kernels",
            "Reference", "System", "TestSupport",
        ], path: "Tests/Runtime/EngineTests"),
    .testTarget(
        name: "OcellusTests",
        dependencies: [
            "Boards", "Bundle", "CBundle", "COcellus", "Compiler", "Engine", "Importers", "Kernels", "Ocellus",
            "OcellusC", "System", "TestSupport", "Vision",
        ], path: "Tests/Library/OcellusTests"),
    .testTarget(
        name: "PicturesTests", dependencies: ["Pictures", "TestSupport"], path: "Tests/Perception/PicturesTests",
        exclude: ["make_files.py"],
        resources: [.copy("Files")]),
    .testTarget(
        name: "DetectorsTests",
        dependencies: [
            "Boards", "Bundle", "CBundle", "Compiler", "Detectors", "Graph", "Heads", "Kernels", "TestSupport",
            "Tracking", "Vision",
        ], path: "Tests/Perception/DetectorsTests"),
    // Runs the program itself, so it must be built.
    .testTarget(
        name: "CommandTests",
        dependencies: [
            "Bundle", "CBundle", "Importers", "Kernels", "ONNXFormat", "ocellus", "TestSupport",
            .product(name: "SwiftProtobuf", package: "swift-protobuf"),
        ],
        path: "Tests/Workshop/CommandTests"),
    .testTarget(name: "DeploymentTests", dependencies: ["Deployment"], path: "Tests/Workshop/DeploymentTests"),
    .testTarget(name: "DrawingTests", dependencies: ["Drawing", "Pictures"], path: "Tests/Workshop/DrawingTests"),
    .testTarget(name: "SystemTests", dependencies: ["CLinux", "System"], path: "Tests/Platform/SystemTests"),
    .testTarget(
        name: "VisionTests",
        dependencies: ["CBundle", "CLinux", "Pictures", "Sensors", "System", "TestSupport", "Vision"],
        path: "Tests/Perception/VisionTests"),
    .testTarget(
        name: "TrackingTests", dependencies: ["Detectors", "TestSupport", "Tracking"],
        path: "Tests/Perception/TrackingTests"),
    // A camera driver and GPIO lines in memory.
    .target(
        name: "FakeDevices", dependencies: ["CGPIO", "CTarget", "CV4L2"], path: "Tests/FakeDevices",
        cSettings: [.define("_GNU_SOURCE")]),
    .testTarget(
        name: "SensorsTests",
        dependencies: [
            "CBundle", "CLinux", "CV4L2", "FakeDevices", "Pictures", "Sensors", "System", "TestSupport", "Vision",
        ], path: "Tests/Sensing/SensorsTests"),
    .testTarget(
        name: "GPIOTests", dependencies: ["CBundle", "CGPIO", "CLinux", "FakeDevices", "GPIO", "System"],
        path: "Tests/Sensing/GPIOTests"),
    .testTarget(
        name: "RecordingTests",
        dependencies: [
            "Bundle", "CBundle", "CLinux", "Events", "JSON", "Pictures", "Recording", "System", "TestSupport", "Vision",
        ], path: "Tests/Telling/RecordingTests"),
    .testTarget(
        name: "EventsTests",
        dependencies: ["Bundle", "CBundle", "CLinux", "Detectors", "Events", "JSON", "System", "TestSupport"],
        path: "Tests/Telling/EventsTests"),
    .testTarget(
        name: "DaemonTests",
        dependencies: [
            "Boards", "CBundle", "CLinux", "Compiler", "Graph", "Importers", "Kernels", "Pictures", "System",
            "TestSupport", "Watching", "Events",
            "ocellusd",
        ], path: "Tests/Programs/DaemonTests"),
    .testTarget(
        name: "BoardsTests", dependencies: ["Boards", "Bundle", "CBundle", "Graph", "TestSupport"],
        path: "Tests/Workshop/BoardsTests"),
]

let package = Package(
    name: "ocellus",
    products: [
        .executable(name: "ocellus", targets: ["ocellus"]),
        .executable(name: "ocellusd", targets: ["ocellusd"]),
        .executable(name: "selfcheck", targets: ["selfcheck"]),
        .executable(name: "ocellus-link", targets: ["ocellus-link"]),
        .library(name: "Ocellus", targets: ["Ocellus"]),
        // What Toolchains/library.sh makes libocellus.a and libocellus.so of.
        .library(name: "OcellusC", type: .static, targets: ["OcellusC"]),
    ],
    traits: [
        .trait(
            name: "DeviceLibraries",
            description: "Cameras through libv4l2 and GPIO lines through libgpiod, not plain system calls.")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    ],
    targets: boardModules + hostModules + linkModules + tests,
    swiftLanguageModes: [.v6]
)
