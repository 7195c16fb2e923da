internal import MartletHTTP
internal import MartletOpenAI

/// The endpoints of the APIs by path. Each loop has its own, so that loops do not share reference counts.
struct EndpointTable {
    /// The endpoints of one API at a path, by method. A class, so that finding one for a request copies nothing.
    final class Entry {
        /// The pattern of the route, such as `/v1/models/{id}`, with the API's prefix also where the client leaves it out:
        /// what an application attaches to a route must not be evaded by its other spelling.
        let route: String
        let dialect: APIDialect
        let methods: [HTTPMethod: Endpoint]

        init(_ route: String, _ dialect: APIDialect, _ methods: [HTTPMethod: Endpoint]) {
            self.route = route
            self.dialect = dialect
            self.methods = methods
        }
    }

    private let dialects: [APIDialect]
    private let entries: [String: [Entry]]
    /// The paths that match everything below them.
    private let prefixes: [String]

    /// - Parameter dialects: The first one provides the error envelope of unknown paths.
    init(_ dialects: [APIDialect]) {
        self.dialects = dialects
        var entries: [String: [Entry]] = [:]
        var prefixes: [String] = []
        for dialect in [.status] + dialects {
            for (path, methods) in dialect.endpoints {
                let isPrefix = path.utf8.count > 1 && path.hasSuffix("/")
                let entry = Entry(dialect.prefix + (isPrefix ? "\(path){id}" : path), dialect, methods)
                for path in Set([path, dialect.prefix + path]) {
                    if isPrefix { prefixes.append(path) }
                    entries[path, default: []].append(entry)
                }
            }
        }
        self.entries = entries
        self.prefixes = prefixes
    }

    /// The paths that are served, which the documentation is compared with.
    var paths: [String] {
        entries.filter { $0.value.contains { !$0.methods.isEmpty } }.keys.sorted()
    }

    /// The entry for a path. If several APIs have the path, the head selects one.
    func entry(at path: String, for head: RequestHead) -> Entry? {
        let entries = entries(at: path)
        if entries.count < 2 { return entries.first }
        return entries.first { $0.dialect.claims(head) } ?? entries.first
    }

    private func entries(at path: String) -> [Entry] {
        if let entries = entries[path] { return entries }
        return prefixes.first { path.hasPrefix($0) }.flatMap { entries[$0] } ?? []
    }

    /// The API's route that shadows `pattern`, such as `GET /health`; nil if none does.
    func description(at pattern: RoutePattern) -> String? {
        guard let entry = entries(at: pattern.text).first else { return nil }
        return "\(entry.methods.keys.map(\.rawValue).sorted().joined(separator: ", ")) \(entry.route)"
    }

    /// The API that defines a path that is absent here. Where the first API does, the head may select another.
    func absentDialect(_ head: RequestHead, _ path: String) -> APIDialect? {
        guard let place = dialects.firstIndex(where: { $0.isAbsent(head.method, path) }) else { return nil }
        let claimant = place == 0 ? dialects.dropFirst().first { $0.claims(head) } : nil
        return claimant ?? dialects[place]
    }

    /// The envelope of the API that defines the path, implemented or not. For an unknown path it is that of the API whose
    /// client the head identifies, or the first API's.
    func errors(at path: String, _ head: RequestHead) -> any ErrorEnvelope {
        if let entry = entry(at: path, for: head) { return entry.dialect.errors }
        let dialect = absentDialect(head, path) ?? dialects.first { $0.claims(head) } ?? dialects.first
        return dialect?.errors ?? OpenAIErrors()
    }
}
