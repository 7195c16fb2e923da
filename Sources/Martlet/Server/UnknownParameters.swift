internal import Logging
internal import MartletHTTP
internal import MartletUV

/// Unknown parameters of requests: counted, and each name logged once, so that a typo such as `max_token` can be found.
final class UnknownParameters: Sendable {
    /// A bound, since clients can send any number of names.
    private static let maximumNames = 100
    private let gauge = Gauge()
    private let names = Locked<Set<String>>([])

    /// The number of unknown parameters since the start.
    var count: Int { gauge.value }

    /// Records the unknown names of one request.
    func record(_ unknown: [String], in logger: Logger) {
        gauge.add(unknown.count)
        // Quoted and escaped, a name cannot forge or reorder a line of the log.
        for name in fresh(unknown) {
            let name = name.debugDescription.escapingInvisibles()
            logger.info("a client sent the parameter \(name), which this endpoint does not know")
        }
    }

    /// The names that are new, cut to 64 characters.
    func fresh(_ unknown: [String]) -> [String] {
        names.withLock { names in
            var fresh: [String] = []
            for name in unknown where names.count < Self.maximumNames {
                let short = String(name.prefix(64))
                if names.insert(short).inserted { fresh.append(short) }
            }
            return fresh
        }
    }
}
