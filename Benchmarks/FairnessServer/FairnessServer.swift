import Foundation
import Martlet
import MartletTesting

/// Serves a scripted backend with 8 places, each of which takes 50 ms for a request, to the keys `quiet` and `noisy`.
@main
enum FairnessServer {
    static func main() async throws {
        var backend = ScriptedBackend([.delay(.milliseconds(50)), .text("Hello")])
        backend.maxConcurrency = 8
        try await serve(
            backend, configuration: ServerConfiguration(port: 0, loopCount: 1),
            configure: { $0.authenticator = try StaticKeys(["quiet", "noisy"]) })
    }
}
