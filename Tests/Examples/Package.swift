// swift-tools-version: 6.3
import PackageDescription

// What applications do with Martlet, each as short as it can be. A package of its own, as an application is, and so that
// its dependencies do not weigh on the project: `make examples` builds and tries all of it.
let package = Package(
    name: "examples",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "martlet", path: "../.."),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(
            name: "Recipes",
            dependencies: [
                .product(name: "Martlet", package: "martlet"), .product(name: "MartletClient", package: "martlet"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "Chatbot",
            dependencies: [
                .product(name: "Martlet", package: "martlet"), .product(name: "MartletClient", package: "martlet"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .executableTarget(name: "ChatbotApp", dependencies: ["Chatbot"]),
        .testTarget(
            name: "ExamplesTests",
            dependencies: [
                "Recipes", "Chatbot", .product(name: "MartletTesting", package: "martlet"),
                .product(name: "MartletToy", package: "martlet"), .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
