// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

// The floors of the house, lowest first. A target may import only targets above it in this file.
let package = Package(
    name: "martlet",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Martlet", targets: ["Martlet"]),
        .library(name: "MartletConstraint", targets: ["MartletConstraint"]),
        .library(name: "MartletClient", targets: ["MartletClient"]),
        .library(name: "MartletEngine", targets: ["MartletEngine"]),
        .library(name: "MartletGateway", targets: ["MartletGateway"]),
        .library(name: "MartletLifecycle", targets: ["MartletLifecycle"]),
        .library(name: "MartletOperations", targets: ["MartletOperations"]),
        .library(name: "MartletModels", targets: ["MartletModels"]),
        .library(name: "MartletTesting", targets: ["MartletTesting"]),
        .library(name: "MartletTracing", targets: ["MartletTracing"]),
        .library(name: "MartletToy", targets: ["MartletToy"]),
        .executable(name: "martlet", targets: ["MartletCLI"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // 1: C
        .systemLibrary(
            name: "CUV", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"]), .brew(["libuv"])]),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
        .systemLibrary(name: "CEdit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),
        .target(name: "CMartletKernels"),
        .target(name: "CToyModel", path: "Backends/Toy/CToyModel", exclude: ["toy"]),

        // 2: the event loop; JSON
        .target(name: "MartletUV", dependencies: ["CUV"], swiftSettings: strict),
        .target(name: "MartletJSON", swiftSettings: strict),

        // 3: HTTP/1.1 and server-sent events; the values that server and client share
        .target(name: "MartletHTTP", dependencies: ["MartletUV", "MartletJSON"], swiftSettings: strict),
        .target(name: "MartletOpenAI", dependencies: ["MartletJSON"], swiftSettings: strict),

        // 3: constraints on what a model writes: grammars, and the tokens that they allow
        .target(name: "MartletConstraint", dependencies: ["MartletJSON", "MartletUV"], swiftSettings: strict),

        // 4: outgoing requests over libcurl, in a separate target so that a server that sends none does not link it
        .target(name: "MartletCurl", dependencies: ["CCurl", "MartletHTTP", "MartletUV"], swiftSettings: strict),

        // 4: the framework: Backend, Server, models, generation, APIs
        .target(
            name: "Martlet",
            dependencies: [
                "MartletHTTP", "MartletOpenAI", "MartletConstraint", "MartletJSON", "MartletUV",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        // 5: the client, independent of the server
        .target(
            name: "MartletClient",
            dependencies: [
                "MartletCurl", "MartletHTTP", "MartletOpenAI", "MartletJSON", "MartletUV",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        // 5: turns a forward pass into a backend
        .target(
            name: "MartletEngine", dependencies: ["Martlet", "MartletConstraint", "MartletUV"], swiftSettings: strict),

        // 5: a server as a service of a ServiceGroup
        .target(
            name: "MartletLifecycle",
            dependencies: [
                "Martlet", "MartletUV", .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),

        // 5: what operators use: metrics and the access log
        .target(
            name: "MartletOperations",
            dependencies: [
                "Martlet", "MartletHTTP", "MartletJSON", "MartletOpenAI", "MartletUV",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        // 5: spans and metrics for an application's own tracer and metrics factory
        .target(
            name: "MartletTracing",
            dependencies: [
                "Martlet", "MartletHTTP", "MartletOpenAI", "MartletUV",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: strict),

        // 5: model families: tensors, tokenizers and forward passes, independent of engine and server
        .target(
            name: "MartletModels", dependencies: ["MartletJSON", "MartletUV", "CMartletKernels"], swiftSettings: strict),

        // 6: backends
        .target(
            name: "MartletToy",
            dependencies: [
                "Martlet", "MartletEngine", "MartletModels", "MartletOpenAI", "MartletJSON", "CToyModel",
            ],
            path: "Backends/Toy/MartletToy", swiftSettings: strict),
        .target(
            name: "MartletGateway",
            dependencies: [
                "Martlet", "MartletClient", "MartletCurl", "MartletHTTP", "MartletJSON", "MartletOpenAI",
                "MartletOperations", "MartletUV",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Backends/Gateway/MartletGateway", swiftSettings: strict),
        .target(
            name: "MartletTesting", dependencies: ["Martlet", "MartletHTTP", "MartletUV"], swiftSettings: strict),

        // 7: the command
        .executableTarget(
            name: "MartletCLI",
            dependencies: [
                "Martlet", "MartletEngine", "MartletGateway", "MartletModels", "MartletOperations", "MartletToy",
                "MartletClient",
                "MartletConstraint", "MartletHTTP", "MartletOpenAI", "MartletUV", "MartletJSON", "CEdit",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),

        // Measurements: `make bench-engine`, `make bench-fairness`.
        .target(name: "CBandwidth", path: "Benchmarks/CBandwidth"),
        .executableTarget(
            name: "EngineBench",
            dependencies: [
                "MartletToy", "MartletModels", "MartletEngine", "MartletConstraint", "Martlet", "CBandwidth",
            ],
            path: "Benchmarks/EngineBench", swiftSettings: strict),

        .executableTarget(
            name: "BenchServer", dependencies: ["MartletTesting", "MartletOperations", "Martlet"],
            path: "Benchmarks/BenchServer",
            swiftSettings: strict),

        // Runs the client against real servers: `make interop`.
        .executableTarget(
            name: "InteropClient", dependencies: ["MartletClient", "MartletUV"], path: "Tests/Interop/Client",
            swiftSettings: strict),

        // Follows constraints for the comparison with other implementations: `make masks`.
        .executableTarget(
            name: "ConstraintProbe", dependencies: ["MartletConstraint", "MartletJSON", "MartletUV"],
            path: "Tests/Masks/Probe", swiftSettings: strict),

        // Shared by the tests: checks every response that their clients read against OpenAI's schema.
        .target(name: "CTestStart", path: "Tests/Start"),
        .target(
            name: "MartletTestSupport",
            dependencies: [
                "Martlet", "MartletTesting", "MartletJSON", "CTestStart",
                .product(name: "Logging", package: "swift-log"),
            ], path: "Tests/Support",
            swiftSettings: strict),

        .testTarget(name: "MartletUVTests", dependencies: ["MartletUV"], swiftSettings: strict),
        .testTarget(name: "MartletJSONTests", dependencies: ["MartletJSON"], swiftSettings: strict),
        .testTarget(
            name: "MartletConstraintTests", dependencies: ["MartletConstraint", "MartletJSON", "MartletUV"],
            swiftSettings: strict),
        .testTarget(
            name: "MartletHTTPTests", dependencies: ["MartletHTTP", "MartletTesting", "MartletUV", "MartletJSON"],
            swiftSettings: strict),
        .testTarget(
            name: "MartletCurlTests",
            dependencies: ["MartletCurl", "MartletHTTP", "MartletUV", "MartletTesting", "Martlet"],
            swiftSettings: strict),
        .testTarget(
            name: "MartletClientTests",
            dependencies: [
                "MartletTestSupport", "MartletClient", "MartletCurl", "MartletTesting", "Martlet", "MartletHTTP",
                "MartletOpenAI", "MartletJSON", "MartletUV", .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MartletOpenAITests", dependencies: ["MartletOpenAI", "MartletJSON"], swiftSettings: strict),
        .testTarget(
            name: "MartletTests",
            dependencies: [
                "MartletTestSupport", "Martlet", "MartletTesting", "MartletHTTP", "MartletOpenAI", "MartletJSON",
                "MartletUV", .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MartletEngineTests",
            dependencies: [
                "MartletTestSupport", "MartletEngine", "MartletToy", "Martlet", "MartletConstraint", "MartletTesting",
                "MartletOpenAI", "MartletJSON", "MartletUV",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MartletLifecycleTests",
            dependencies: [
                "MartletTestSupport", "MartletLifecycle", "Martlet", "MartletTesting", "MartletHTTP",
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MartletOperationsTests",
            dependencies: [
                "MartletTestSupport", "MartletOperations", "Martlet", "MartletTesting", "MartletHTTP", "MartletJSON",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MartletTracingTests",
            dependencies: [
                "MartletTestSupport", "MartletTracing", "Martlet", "MartletTesting", "MartletHTTP",
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MartletGatewayTests",
            dependencies: [
                "MartletGateway", "MartletTesting", "MartletTestSupport", "MartletToy", "Martlet", "MartletHTTP",
                "MartletJSON", "MartletOperations", "MartletUV",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MartletTestingTests", dependencies: ["MartletTestSupport", "MartletTesting", "Martlet"],
            swiftSettings: strict),
        .testTarget(
            name: "MartletModelsTests",
            dependencies: [
                "MartletTestSupport", "MartletModels", "MartletEngine", "MartletJSON", "MartletUV", "CMartletKernels",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MartletToyTests",
            dependencies: [
                "MartletTestSupport", "MartletToy", "MartletModels", "MartletEngine", "Martlet", "MartletConstraint",
                "MartletTesting", "MartletJSON", "MartletUV",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MartletCLITests",
            dependencies: [
                "MartletTestSupport", "MartletCLI", "MartletGateway", "MartletTesting", "Martlet", "MartletJSON",
            ],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
