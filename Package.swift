// swift-tools-version: 6.2
import PackageDescription

// C without warnings; for Swift .ci/run says so on the command line.
let strictC: [CSetting] = [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)]

// Arrows point at what is imported; nothing points up (design/README.md has the picture).
//
//   ringbench -> RingBenchKit -> RingKernelModel -> TokenRing -> CTokenRing
//                             -> TokenRingXDP    -> TokenRing, CXDP
//                             -> TokenRingZCRX   -> TokenRing
let package = Package(
    name: "TokenRing",
    products: [
        .library(name: "TokenRing", targets: ["TokenRing"]),
        .library(name: "RingKernelModel", targets: ["RingKernelModel"]),
        .library(name: "TokenRingXDP", targets: ["TokenRingXDP"]),
        .library(name: "TokenRingZCRX", targets: ["TokenRingZCRX"]),
        // What ringbench measures with; Tests/Fuzz needs it.
        .library(name: "RingBenchKit", targets: ["RingBenchKit"]),
        .executable(name: "ringbench", targets: ["ringbench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // token_ring.h, the proposed UAPI, and the calls that Glibc's Swift module or old headers lack.
        .target(name: "CTokenRing", cSettings: strictC),
        .systemLibrary(
            name: "CXDP", pkgConfig: "libxdp libbpf", providers: [.apt(["libxdp-dev", "libbpf-dev"])]),
        // What `ringbench ring` measures TokenRing against, called from C: libxdp's helpers and a lower bound.
        .target(name: "CRingBaselines", dependencies: ["CTokenRing"], cSettings: strictC),

        .target(
            name: "TokenRing",
            dependencies: ["CTokenRing", .product(name: "SystemPackage", package: "swift-system")]),
        .target(name: "RingKernelModel", dependencies: ["TokenRing", "CTokenRing"]),
        .target(name: "TokenRingXDP", dependencies: ["TokenRing", "CTokenRing", "CXDP"]),
        .target(name: "TokenRingZCRX", dependencies: ["TokenRing", "CTokenRing"]),
        .target(
            name: "RingBenchKit",
            dependencies: [
                "TokenRing", "RingKernelModel", "TokenRingXDP", "TokenRingZCRX", "CRingBaselines",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ]),
        .executableTarget(
            name: "ringbench",
            dependencies: [
                "RingBenchKit", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // What the articles of TokenRing and TokenRingXDP quote; the tests run them.
        .executableTarget(
            name: "TwoProcesses",
            dependencies: ["TokenRing", .product(name: "SystemPackage", package: "swift-system")],
            path: "Examples/Swift/TwoProcesses"),
        .executableTarget(
            name: "ReceivePackets", dependencies: ["TokenRing", "TokenRingXDP"], path: "Examples/Swift/ReceivePackets"),

        .target(name: "RingTestSupport", dependencies: ["TokenRing", "CTokenRing"], path: "Tests/RingTestSupport"),
        // The other process of the cross-process tests, in Swift and in C11.
        .executableTarget(
            name: "RingTestPeer", dependencies: ["TokenRing", "RingTestSupport"], path: "Tests/RingTestPeer"),
        .executableTarget(
            name: "CRingTestPeer", dependencies: ["CTokenRing"], path: "Tests/CRingTestPeer", cSettings: strictC),
        // A consumer of `ringbench serve`; the one in C is in Examples.
        .executableTarget(
            name: "ServePeer", dependencies: ["TokenRing", "CTokenRing", "RingKernelModel", "RingTestSupport"],
            path: "Tests/ServePeer"),
        // An explorer of interleavings that the rings run under, and what prints its findings (make proof).
        .target(name: "CCoroutine", path: "Tests/CCoroutine", cSettings: strictC),
        .target(
            name: "RingExplorer", dependencies: ["TokenRing", "CTokenRing", "RingTestSupport", "CCoroutine"],
            path: "Tests/RingExplorer"),
        .executableTarget(
            name: "RingProof",
            dependencies: ["RingExplorer", "TokenRing", .product(name: "SystemPackage", package: "swift-system")],
            path: "Tests/RingProof"),
        .testTarget(name: "RingExplorerTests", dependencies: ["RingExplorer", "TokenRing"]),
        .testTarget(name: "TokenRingTests", dependencies: ["TokenRing", "RingTestSupport"]),
        .testTarget(name: "RingKernelModelTests", dependencies: ["RingKernelModel", "RingTestSupport"]),
        .testTarget(
            name: "TokenRingXDPTests",
            dependencies: ["TokenRingXDP", "RingBenchKit", "ringbench", "RingTestSupport", "ReceivePackets"]),
        .testTarget(
            name: "TokenRingZCRXTests", dependencies: ["TokenRingZCRX", "RingBenchKit", "ringbench", "RingTestSupport"]),
        .testTarget(
            name: "RingBenchKitTests", dependencies: ["RingBenchKit", "RingTestSupport", "ringbench"],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "ringbenchTests",
            dependencies: ["ringbench", "RingBenchKit", "RingKernelModel", "RingTestSupport", "TokenRing"],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "CrossProcessTests",
            dependencies: [
                "TokenRing", "RingKernelModel", "RingTestSupport", "RingTestPeer", "CRingTestPeer", "ServePeer",
                "TwoProcesses", "ringbench",
            ]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c11
)
