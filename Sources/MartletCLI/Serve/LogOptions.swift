import ArgumentParser
import Logging
import Martlet
import MartletOperations

/// What the server logs.
struct LogOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A line for each request: text, json or none. (default: none) [env: MARTLET_LOG_FORMAT]",
            valueName: "format"))
    var logFormat: String?

    @Option(
        help: ArgumentHelp(
            """
            The least important messages to log: trace, debug, info, notice, warning, error or critical. \
            (default: info) [env: MARTLET_LOG_LEVEL]
            """, valueName: "level"))
    var logLevel: String?

    @Option(
        help: ArgumentHelp(
            "Log a warning for a request that takes longer. (default: never) [env: MARTLET_SLOW_REQUEST]",
            valueName: "seconds"))
    var slowRequest: Int?

    /// Applies options and environment variables to `server`.
    ///
    /// - Throws: `ValidationError` for an unknown name and a number that is out of range.
    func apply(to server: inout Server) throws {
        if let name = logLevel ?? Environment.value("MARTLET_LOG_LEVEL") {
            guard let level = Logger.Level(rawValue: name) else {
                let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--log-level must be one of \(names), but it is \(name.debugDescription).")
            }
            server.configuration.logger.logLevel = level
        }
        if let name = logFormat ?? Environment.value("MARTLET_LOG_FORMAT"), name != "none" {
            guard let format = AccessLogFormat(rawValue: name) else {
                throw ValidationError("--log-format must be text, json or none, but it is \(name.debugDescription).")
            }
            server.logRequests(as: format)
        }
        if let seconds = try slowRequest ?? Environment.number("MARTLET_SLOW_REQUEST") {
            guard (1...86_400).contains(seconds) else {
                throw ValidationError("--slow-request must be within 1...86400 seconds, but it is \(seconds).")
            }
            server.warnOfRequests(slowerThan: .seconds(seconds))
        }
    }
}
