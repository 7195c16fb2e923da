import ArgumentParser
import Martlet

/// The address to listen on, and the hosts and origins that may connect.
struct ListeningOptions: ParsableArguments {
    @Option(help: "The address to listen on. (default: 127.0.0.1) [env: MARTLET_HOST]")
    var host: String?

    @Option(help: "The port; 0 picks a free one. (default: 8080) [env: MARTLET_PORT]")
    var port: Int?

    @Option(help: "Event loops. (default: one per four cores) [env: MARTLET_LOOPS]")
    var loops: Int?

    @Option(
        help: ArgumentHelp(
            """
            A Host header, besides localhost, to accept on a loopback address, or '*'; repeatable. \
            (default: none) [env: MARTLET_ALLOWED_HOST]
            """, valueName: "name"))
    var allowedHost: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            An origin whose web pages may use the server, such as http://localhost:3000, chrome-extension://ID or \
            app://*, or '*'; repeatable. (default: none) [env: MARTLET_CORS_ORIGIN]
            """, valueName: "origin"))
    var corsOrigin: [String] = []

    func validate() throws {
        if host == "" { throw ValidationError("--host needs an address; leave it out for 127.0.0.1.") }
    }

    /// Applies options and environment variables to `configuration`.
    ///
    /// - Throws: `ValidationError` for a value that is not a number or out of range, and for a malformed origin.
    func apply(to configuration: inout ServerConfiguration) throws {
        let port = try port ?? Environment.number("MARTLET_PORT") ?? 8080
        guard (0...65535).contains(port) else {
            throw ValidationError("--port must be within 0...65535, but it is \(port).")
        }
        configuration.listen = [.tcp(host: host ?? Environment.value("MARTLET_HOST") ?? "127.0.0.1", port: port)]
        configuration.loopCount = try loops ?? Environment.number("MARTLET_LOOPS") ?? configuration.loopCount
        guard (1...256).contains(configuration.loopCount) else {
            throw ValidationError("--loops must be within 1...256, but it is \(configuration.loopCount).")
        }
        configuration.allowedHosts = allowedHost.isEmpty ? Environment.list("MARTLET_ALLOWED_HOST") : allowedHost
        if let name = configuration.allowedHosts.first(where: { $0 != "*" && !Self.isHost($0) }) {
            throw ValidationError(
                "--allowed-host takes a host name alone, without scheme, port and path, but it is '\(name)'.")
        }
        configuration.allowedOrigins = corsOrigin.isEmpty ? Environment.list("MARTLET_CORS_ORIGIN") : corsOrigin
        do throws(ServerError) {
            try configuration.validate()
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// Whether a `Host` field may contain this before its port. IPv6 addresses are always allowed.
    private static func isHost(_ text: String) -> Bool {
        !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
    }
}
