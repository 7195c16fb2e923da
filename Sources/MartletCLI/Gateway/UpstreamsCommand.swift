import ArgumentParser
import MartletClient
import MartletJSON
import MartletUV

/// `martlet upstreams`: shows a gateway's upstreams while they serve.
struct UpstreamsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upstreams",
        abstract: "Show the state and the load of a gateway's upstreams.",
        usage: "martlet upstreams [--url <url>] [--api-key <key>] [--once]",
        discussion: """
            On a terminal the table is drawn again every second, until Ctrl-C. The key, which needs the permission \
            admin, is also taken from MARTLET_API_KEY.

            EXAMPLE:
              martlet upstreams --url http://127.0.0.1:9090
            """)

    @Option(
        help: """
            The URL of the gateway, or of its address for operators. (default: http://127.0.0.1:8080) [env: MARTLET_URL]
            """)
    var url: String?

    @Option(help: "A key with the permission admin. [env: MARTLET_API_KEY]")
    var apiKey: String?

    @Flag(help: "Print the table once.")
    var once = false

    func run() async throws {
        var client = ClientOptions.client(
            url ?? Environment.value("MARTLET_URL") ?? "http://127.0.0.1:8080", key: apiKey)
        client.retry = .none
        client.timeouts = Timeouts()
        client.timeouts.total = .seconds(5)
        let table = try await Self.table(client)
        guard Terminal.isOutput, !once else { return StandardOutput.write(table.text(width: Terminal.width)) }
        try await redraw(table, client)
    }

    /// Draws the table over the one before, until the process ends.
    private func redraw(_ first: UpstreamTable, _ client: Client) async throws {
        var table = first
        var fault: String?
        // Clears the screen, then goes back to its corner each time, so that nothing flickers.
        StandardOutput.write("\u{1B}[2J")
        while true {
            let text = table.text(width: Terminal.width) + (fault.map { "\n\($0)\n" } ?? "")
            let lines = text.replacing("\n", with: "\u{1B}[K\n")
            StandardOutput.write("\u{1B}[H\(lines)\u{1B}[J")
            try await Task.sleep(for: .seconds(1))
            do {
                (table, fault) = (try await Self.table(client), nil)
            } catch {
                fault = "\(error)"
            }
        }
    }

    private static func table(_ client: Client) async throws -> UpstreamTable {
        let base = "\(client.baseURL)"
        let root = base.hasSuffix("/v1") ? String(base.dropLast(3)) : base
        let reply: JSONValue
        do {
            reply = try await client.send(.get, "\(root)/admin/upstreams")
        } catch {
            guard error.status == 404 else { throw UpstreamsError(description: error.sentence(about: "gateway")) }
            throw ValidationError(
                "\(root) has no /admin/upstreams. A gateway has it if it has keys, or at its --admin-listen address.")
        }
        guard let upstreams = reply.object?["upstreams"]?.array else {
            throw ValidationError("The answer of \(root)/admin/upstreams is not a gateway's. Check --url.")
        }
        return UpstreamTable(upstreams)
    }
}

/// Why a gateway's upstreams cannot be shown.
private struct UpstreamsError: Error, CustomStringConvertible {
    let description: String
}
