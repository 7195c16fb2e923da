import ArgumentParser
import Martlet
import MartletOperations

/// What operators need: addresses of their own, proxies, and the phases of a drain.
struct OperationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            An address for operators only, HOST:PORT: /admin and /metrics exist there and nowhere else; repeatable. \
            (default: none) [env: MARTLET_ADMIN_LISTEN]
            """, valueName: "address"))
    var adminListen: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            An address or range of proxies whose Forwarded or X-Forwarded-For has the client's address; repeatable. \
            (default: none) [env: MARTLET_TRUSTED_PROXY]
            """, valueName: "address"))
    var trustedProxy: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            Seconds for which a drain still accepts connections, until load balancers have noticed. (default: 0) \
            [env: MARTLET_DRAIN_DELAY]
            """, valueName: "seconds"))
    var drainDelay: Int?

    @Option(
        help: ArgumentHelp(
            """
            Maximum seconds for active responses to finish on shutdown. (default: 25) [env: MARTLET_DRAIN_TIMEOUT]
            """, valueName: "seconds"))
    var drainTimeout: Int?

    @Option(
        help: ArgumentHelp(
            """
            MiB for request bodies and responses; beyond that, requests get 503. (default: a quarter of the memory) \
            [env: MARTLET_MEMORY_BUDGET]
            """, valueName: "mib"))
    var memoryBudget: Int?

    /// Applies options and environment variables to `configuration`.
    ///
    /// - Throws: `ValidationError` for a value that is out of range, and for a malformed address.
    func apply(to configuration: inout ServerConfiguration) throws {
        let addresses = adminListen.isEmpty ? Environment.list("MARTLET_ADMIN_LISTEN") : adminListen
        configuration.adminListen = try addresses.map(Self.address)
        configuration.trustedProxies = trustedProxy.isEmpty ? Environment.list("MARTLET_TRUSTED_PROXY") : trustedProxy
        if let seconds = try drainDelay ?? Environment.number("MARTLET_DRAIN_DELAY") {
            guard (0...3600).contains(seconds) else {
                throw ValidationError("--drain-delay must be within 0...3600 seconds, but it is \(seconds).")
            }
            configuration.drainDelay = .seconds(seconds)
        }
        if let seconds = try drainTimeout ?? Environment.number("MARTLET_DRAIN_TIMEOUT") {
            guard (0...86_400).contains(seconds) else {
                throw ValidationError("--drain-timeout must be within 0...86400 seconds, but it is \(seconds).")
            }
            configuration.drainTimeout = .seconds(seconds)
        }
        if let budget = try memoryBudget ?? Environment.number("MARTLET_MEMORY_BUDGET") {
            guard (1...1_048_576).contains(budget) else {
                throw ValidationError("--memory-budget must be within 1...1048576 MiB, but it is \(budget).")
            }
            configuration.memoryBudget = budget << 20
        }
        do throws(ServerError) {
            try configuration.validate()
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// Adds the routes of operators, unless everybody could call them.
    func apply(to server: inout Server) throws { if Self.mayServeOperators(server) { try server.serveAdmin() } }

    /// Whether only operators could call their routes.
    static func mayServeOperators(_ server: Server) -> Bool {
        server.authenticator != nil || !server.configuration.adminListen.isEmpty
    }

    private static func address(_ text: String) throws -> ListenAddress {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw ValidationError(
                "--admin-listen needs a host and a port, such as 127.0.0.1:9090 or [::1]:9090, but it is '\(text)'.")
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        if host.isEmpty { throw ValidationError("--admin-listen needs a host before the port, but it is '\(text)'.") }
        return .tcp(host: String(host), port: Int(port))
    }
}
