internal import Logging
internal import MartletUV

/// The tools of requests that the model does not get, since another company's servers would have to run them. Each is
/// logged once.
final class IgnoredTools: Sendable {
    /// A bound, since clients can send any number of names.
    private static let maximumNames = 100
    private let names = Locked<Set<String>>([])

    func record(_ ignored: [String], in logger: Logger) {
        for name in ignored {
            let short = String(name.prefix(64))
            let isNew = names.withLock { $0.count < Self.maximumNames && $0.insert(short).inserted }
            // Quoted and escaped, a name cannot forge or reorder a line of the log.
            let shown = short.debugDescription.escapingInvisibles()
            if isNew { logger.info("a client sent the tool \(shown), which this server does not run; it is left out") }
        }
    }
}

extension Service {
    /// Reports tools that a request has and the model does not get, in the response and in the log.
    func report(ignoredTools tools: [String], of context: RequestContext) {
        if tools.isEmpty { return }
        let plain = tools.map { name in
            String(name.unicodeScalars.prefix(64).map { 0x21..<0x7F ~= $0.value && $0 != "," ? Character($0) : "_" })
        }
        context.responseFields.append("x-martlet-ignored-tools", plain.joined(separator: ", "))
        gauges.ignoredTools.record(tools, in: configuration.logger)
    }
}
