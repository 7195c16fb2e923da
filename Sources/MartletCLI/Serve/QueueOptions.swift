import ArgumentParser
import Martlet

/// How many requests wait for a model, and for how long.
struct QueueOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Requests that wait for each model; further ones get 429. (default: 256) [env: MARTLET_MAX_QUEUE]
            """, valueName: "count"))
    var maxQueue: Int?

    @Option(
        help: ArgumentHelp(
            """
            Maximum seconds that a request waits for its model; then it gets 503. (default: no limit) \
            [env: MARTLET_QUEUE_TIMEOUT]
            """, valueName: "seconds"))
    var queueTimeout: Int?

    /// Applies options and environment variables to `configuration`.
    ///
    /// - Throws: `ValidationError` for a value that is not a number or out of range.
    func apply(to configuration: inout ServerConfiguration) throws {
        if let count = try maxQueue ?? Environment.number("MARTLET_MAX_QUEUE") {
            guard (0...1_000_000).contains(count) else {
                throw ValidationError("--max-queue must be within 0...1000000, but it is \(count).")
            }
            configuration.maximumWaiting = count
        }
        if let seconds = try queueTimeout ?? Environment.number("MARTLET_QUEUE_TIMEOUT") {
            guard (1...86_400).contains(seconds) else {
                throw ValidationError("--queue-timeout must be within 1...86400 seconds, but it is \(seconds).")
            }
            configuration.queueTimeout = .seconds(seconds)
        }
    }
}
