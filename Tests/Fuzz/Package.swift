// swift-tools-version: 6.2
import PackageDescription

// A package of its own, because everything in it and below it is built with libFuzzer and AddressSanitizer: scripts/fuzz.sh.
let package = Package(
    name: "RingFuzz",
    dependencies: [.package(name: "TokenRing", path: "../..")],
    targets: [
        .executableTarget(
            name: "RingFuzz",
            dependencies: [
                .product(name: "TokenRing", package: "TokenRing"),
                .product(name: "RingKernelModel", package: "TokenRing"),
                .product(name: "TokenRingXDP", package: "TokenRing"),
                .product(name: "RingBenchKit", package: "TokenRing"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
