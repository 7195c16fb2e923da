// swift-tools-version: 6.3
import PackageDescription

// What it costs to receive a token: `make bench-client`. A package of its own, so that async-http-client does not weigh on
// the project.
let package = Package(
    name: "client-bench",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "martlet", path: "../.."),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .target(name: "Cost"),
        .executableTarget(
            name: "StreamServer",
            dependencies: [
                .product(name: "Martlet", package: "martlet"), .product(name: "MartletTesting", package: "martlet"),
            ]),
        .executableTarget(
            name: "MartletReader", dependencies: ["Cost", .product(name: "MartletClient", package: "martlet")]),
        .executableTarget(
            name: "AsyncHTTPClientReader",
            dependencies: [
                "Cost", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
