internal import Martlet
internal import MartletHTTP
internal import MartletJSON

/// A request that is passed through, as far as the gateway has to know it.
struct PassThroughRequest: Sendable {
    /// In bytes. Reading a larger body would hold up the loop.
    private static let smallBody = 16 << 10

    /// The model that a JSON body, or the query, names; nil without one.
    let model: String?
    /// The name's place in the body.
    private let place: Range<Int>?
    private let request: HTTPRequest
    /// What is behind `/v1/`, with the query.
    private let target: String

    /// - Throws: 404 for a path that may lead to another one, 400 for a member that a body has twice.
    nonisolated(nonsending) init(_ request: HTTPRequest) async throws {
        let segments = request.path.split(separator: "/")
        let names = segments.flatMap { PercentEncoding.decoded($0).split(separator: "/") }
        guard segments.first == "v1", !names.contains(where: { $0 == "." || $0 == ".." }),
            !Self.isDisguised(request.path)
        else {
            throw OpenAIError.notFound("There is no \(request.path.prefix(256)) here.")
        }
        target = segments.dropFirst().joined(separator: "/") + (request.head.query.map { "?\($0)" } ?? "")
        self.request = request
        let named =
            request.body.count > Self.smallBody
            ? try await withTaskExecutorPreference(globalConcurrentExecutor) { try Self.model(in: request.body) }
            : try Self.model(in: request.body)
        place = named?.place
        model = named?.name ?? request.query["model"]
    }

    /// Whether a server that decodes more than Martlet does may take the path for one that Martlet serves itself, with its
    /// limits: with escapes, backslashes, parameters, or in other case.
    private static func isDisguised(_ path: String) -> Bool {
        let decoded = PercentEncoding.decoded(path[...]).lowercased().map { $0 == "\\" ? "/" : $0 }
        let segments = decoded.split(separator: "/").map { String($0.prefix { $0 != ";" }) }
        let own = "/" + segments.joined(separator: "/")
        return own.hasPrefix("/v1/models")
            || RelayEndpoint.ofClients.contains { $0.path == own }
    }

    private static func model(in body: [UInt8]) throws(OpenAIError) -> (name: String, place: Range<Int>)? {
        guard let outline = JSONOutline(of: body.span) else { return nil }
        if let name = outline.repeatedName(in: body.span) {
            throw .invalidValue(name, "`\(name.prefix(256))` is in the request body twice; send it once.")
        }
        guard let place = outline.value(of: "model", in: body.span) else { return nil }
        return JSONOutline.string(at: place, in: body.span).map { ($0, place) }
    }

    /// The request as an upstream gets it.
    func outgoing(to lease: Fleet.Lease, by gateway: GatewayID, connectTimeout: Duration) -> OutgoingRequest {
        let upstream = lease.server.upstream
        var fields = RelayFields.requesting(
            request.fields, id: request.requestID, key: lease.server.key, forwardingKey: upstream.forwardsKey,
            by: gateway, hasBody: false)
        for name in ["content-type", "content-encoding"] {
            if let value = request.fields[name] { fields.append(name, value) }
        }
        var body = request.body
        if let place, lease.model != model {
            body.replaceSubrange(place, with: JSONValue.string(lease.model).description.utf8)
        }
        // Not by the URL's own joining of paths, which takes one that looks like a URL for another server's.
        var outgoing = OutgoingRequest(
            request.method, upstream.url.endpoint("") + target, fields: fields, body: body,
            connectTimeout: connectTimeout)
        outgoing.connect(to: lease.server)
        return outgoing
    }
}
