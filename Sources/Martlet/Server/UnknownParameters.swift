internal import Logging
internal import MartletHTTP
internal import MartletUV

/// The parameters that clients send and Martlet does not know: counted, and each name logged once. A slip such as
/// `max_token` changes the answer, and this is where it can be found.
final class UnknownParameters: Sendable {
    /// Clients can make up names without end.
    private static let maximumNames = 100
    private let gauge = Gauge()
    private let names = Locked<Set<String>>([])

    /// How often there was one.
    var count: Int { gauge.value }

    /// Takes the unknown names of one request.
    func record(_ unknown: [String], in logger: Logger) {
        gauge.add(unknown.count)
        // A name may hold anything: quoted and escaped, it cannot pass for a line of the log, or reorder one.
        for name in fresh(unknown) {
            let name = name.debugDescription.escapingInvisibles()
            logger.info("a client sent the parameter \(name), which this endpoint does not know")
        }
    }

    /// Those that nobody has sent before, cut to a length that a log can take.
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
