import ArgumentParser
import Foundation
import MartletClient
import MartletJSON
import MartletUV

/// `martlet drain`: ends a server after its responses, and waits for that.
struct DrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Let a server finish its responses and end.",
        usage: "martlet drain (--url <url> | --pid <pid>) [--timeout <seconds>]",
        discussion: """
            Returns when the server has no more responses to give, as the preStop hook of a container does. With \
            --url it calls POST /admin/drain with the key MARTLET_API_KEY, which needs the permission admin; with \
            --pid it sends SIGTERM, and waits until the process has ended.

            EXAMPLE:
              martlet drain --url http://127.0.0.1:9090
            """)

    @Option(help: "The URL of the server, or of its address for operators.")
    var url: String?

    @Option(help: "The process of a server on this machine.")
    var pid: Int32?

    @Option(help: ArgumentHelp("The maximum time to wait.", valueName: "seconds"))
    var timeout = 60

    func validate() throws {
        if (url == nil) == (pid == nil) { throw ValidationError("Give either --url or --pid.") }
        if let pid, pid <= 1 {
            throw ValidationError("--pid must be the number of a server's process, but it is \(pid).")
        }
        guard (1...86_400).contains(timeout) else {
            throw ValidationError("--timeout must be within 1...86400 seconds, but it is \(timeout).")
        }
    }

    func run() async throws {
        if let url { return try await drain(at: url) }
        if let pid { try await drain(pid) }
    }

    private func drain(at url: String) async throws {
        var client = ClientOptions.client(url)
        client.retry = .none
        client.timeouts = Timeouts()
        client.timeouts.total = .seconds(timeout)
        let base = "\(client.baseURL)"
        let root = base.hasSuffix("/v1") ? String(base.dropLast(3)) : base
        let reply = try await client.send(.post, "\(root)/admin/drain")
        let interrupted = reply.object?["interrupted"]?.number?.int ?? 0
        StandardOutput.write(interrupted == 0 ? "drained\n" : "drained; \(interrupted) responses were interrupted\n")
    }

    private func drain(_ pid: Int32) async throws {
        guard kill(pid, SIGTERM) == 0 else {
            throw ValidationError(
                errno == EPERM
                    ? "The process \(pid) belongs to another user." : "No process has the number \(pid).")
        }
        let end = ContinuousClock.now + .seconds(timeout)
        while !Self.hasEnded(pid) {
            if ContinuousClock.now >= end { throw DrainTimeout(pid: pid, seconds: timeout) }
            try await Task.sleep(for: .milliseconds(50))
        }
        StandardOutput.write("drained\n")
    }

    private static func hasEnded(_ pid: Int32) -> Bool {
        if kill(pid, 0) != 0 { return true }
        #if os(Linux)
            return ProcessStatistics.isZombie(pid)
        #else
            return false
        #endif
    }
}

private struct DrainTimeout: Error, CustomStringConvertible {
    let pid: Int32
    let seconds: Int

    var description: String {
        "the process \(pid) has not ended within \(seconds) seconds; wait longer with --timeout, or send a second SIGTERM"
    }
}
