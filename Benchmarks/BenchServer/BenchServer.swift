import Foundation
import Martlet
import MartletOperations
import MartletTesting

/// Serves scripted backends for measurements.
///
///     BenchServer places               8 places, each of which takes 50 ms for a request, for the keys `quiet` and `noisy`
///     BenchServer paced COUNT MS       COUNT tokens, each of them after MS milliseconds
///     BenchServer stream COUNT         COUNT tokens without a delay
///     BenchServer tokens [FEATURE]...  16 tokens without a delay; each FEATURE is one of keys, log, metrics, events
@main
enum BenchServer {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        let configuration = ServerConfiguration(port: 0, loopCount: 1)
        if arguments.first == "places" {
            var backend = ScriptedBackend([.delay(.milliseconds(50)), .text("Hello")])
            backend.maxConcurrency = 8
            try await serve(backend, configuration: configuration) {
                $0.authenticator = try StaticKeys(["quiet", "noisy"])
            }
        } else if arguments.first == "paced" {
            let numbers = arguments.dropFirst().compactMap { Int($0) }
            guard numbers.count == 2 else { throw CocoaError(.featureUnsupported) }
            var backend = ScriptedBackend(
                (0..<numbers[0]).flatMap { [.delay(.milliseconds(numbers[1])), .text("token \($0) ")] })
            backend.maxConcurrency = 16_384
            try await serve(backend, configuration: configuration)
        } else if arguments.first == "stream" {
            guard let count = arguments.dropFirst().first.flatMap({ Int($0) }) else {
                throw CocoaError(.featureUnsupported)
            }
            try await serve(ScriptedBackend((0..<count).map { .text("token \($0) ") }), configuration: configuration)
        } else {
            let backend = ScriptedBackend((0..<16).map { .text("token \($0) ") })
            try await serve(backend, configuration: configuration) { server in
                for feature in arguments.dropFirst() { try add(feature, to: &server) }
            }
        }
    }

    private static func add(_ feature: String, to server: inout Server) throws {
        switch feature {
        case "keys": server.authenticator = try StaticKeys(["the-key-of-the-measurement"])
        case "log":
            let file = try FileHandle(forWritingTo: URL(filePath: "/dev/null"))
            server.logRequests(as: .text) { file.write(Data($0.utf8)) }
        case "metrics": try server.serveMetrics()
        case "events":
            let folder = URL.temporaryDirectory.appending(
                path: "martlet-bench-\(ProcessInfo.processInfo.processIdentifier)")
            server.recordEvents(EventsConfiguration(.runs(in: folder.path)))
        default: throw CocoaError(.featureUnsupported)
        }
    }
}
