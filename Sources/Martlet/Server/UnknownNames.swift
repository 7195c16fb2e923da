internal import Logging
internal import MartletHTTP
internal import MartletUV

/// Names in requests that the server does not know, such as those of parameters: counted, and each logged once, so that a
/// typo such as `max_token` can be found.
final class UnknownNames: Sendable {
    /// A bound, since clients can send any number of names.
    private static let maximumNames = 100
    private let gauge = Gauge()
    private let names = Locked<Set<String>>([])
    private let sentence: @Sendable (String) -> String

    /// - Parameter sentence: What the log says of a name, which is quoted and escaped.
    init(_ sentence: @escaping @Sendable (String) -> String) { self.sentence = sentence }

    /// The number of unknown names since the start.
    var count: Int { gauge.value }

    /// Records the unknown names of one request.
    func record(_ unknown: [String], in logger: Logger) {
        gauge.add(unknown.count)
        // Quoted and escaped, a name cannot forge or reorder a line of the log.
        for name in fresh(unknown) {
            let name = name.debugDescription.escapingInvisibles()
            logger.info("\(sentence(name))")
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
