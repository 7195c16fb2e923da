// swift-tools-version: 6.3
import PackageDescription

// Applications of Martlet, as short as possible. A separate package, as an application is, so that its dependencies are
// not the project's: `make examples` builds and tests it.
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
                .product(name: "MartletLifecycle", package: "martlet"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "Chatbot",
            dependencies: [
                .product(name: "Martlet", package: "martlet"), .product(name: "MartletClient", package: "martlet"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .executableTarget(name: "ChatbotApp", dependencies: ["Chatbot"]),

        // The README's backend in both language modes, and the model of docs/writing-a-backend.md.
        .executableTarget(
            name: "ParrotInSwift5", dependencies: [.product(name: "Martlet", package: "martlet")],
            swiftSettings: [.swiftLanguageMode(.v5)]),
        .executableTarget(name: "ParrotInSwift6", dependencies: [.product(name: "Martlet", package: "martlet")]),
        .executableTarget(
            name: "Alphabet",
            dependencies: [
                .product(name: "Martlet", package: "martlet"), .product(name: "MartletEngine", package: "martlet"),
            ]),

        .testTarget(
            name: "ExamplesTests",
            dependencies: [
                "Recipes", "Chatbot", "ParrotInSwift5", "ParrotInSwift6", "Alphabet",
                .product(name: "MartletTesting", package: "martlet"),
                .product(name: "MartletToy", package: "martlet"), .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
