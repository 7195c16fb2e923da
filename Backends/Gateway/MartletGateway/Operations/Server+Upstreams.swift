public import Martlet
internal import MartletHTTP
public import MartletJSON

extension Server {
    /// Adds the routes for a gateway's operators, which need the permission `admin` and exist at
    /// `ServerConfiguration.adminListen` only, if there is such an address:
    ///
    /// - `GET /admin/upstreams`, what is known of each server;
    /// - `POST /admin/upstreams/{name}/drain`, after which an upstream gets no new requests, and `…/undrain`. The response
    ///   does not wait: it says how many requests are active there.
    ///
    /// - Throws: `ServerError` if the application has such a route.
    public mutating func serveUpstreams(of gateway: Gateway) throws(ServerError) {
        try route(.get, "/admin/upstreams", requires: .permission(.admin), for: .operators) { _, writer in
            var body = JSONWriter()
            body.object { body in
                body.array("upstreams") { body in for report in gateway.reports { body.value(report) } }
            }
            writer.send(HTTPResponse(json: body.bytes))
        }
        for (verb, isDrained) in [("drain", true), ("undrain", false)] {
            try route(.post, "/admin/upstreams/{name}/\(verb)", requires: .permission(.admin), for: .operators) {
                request, writer in
                let name = request.parameters["name"] ?? ""
                let active = isDrained ? gateway.drain(upstream: name) : gateway.undrain(upstream: name)
                guard let active else { throw OpenAIError.notFound("There is no upstream with this name.") }
                var body = JSONWriter()
                body.object { body in
                    body.member("name", name)
                    body.member("drained", isDrained)
                    body.member("active_requests", active)
                }
                writer.send(HTTPResponse(json: body.bytes))
            }
        }
    }
}

extension UpstreamReport: JSONWritable {
    /// Times are in milliseconds. What is not known is null.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("name", name)
            writer.member("url", upstream.url.description)
            writer.member("kind", upstream.kind.name)
            writer.member("priority", upstream.priority)
            writer.member("weight", upstream.weight)
            writer.member("state", state.description)
            writer.member("breaker", breaker.description)
            writer.member("fault", fault)
            writer.member("outstanding_requests", outstandingRequests)
            writer.member("outstanding_tokens", outstandingTokens)
            writer.object("requests") { writer in
                for outcome in outcomes { writer.member(outcome.name, outcome.count) }
            }
            writer.member("failures", failures)
            writer.member("retries", retries)
            writer.object("first_token_ms") { writer in
                writer.member("p50", Self.milliseconds(firstTokenP50))
                writer.member("p99", Self.milliseconds(firstTokenP99))
            }
            writer.member("prefix_hit_rate", prefixHitRate.map { ($0 * 10_000).rounded() / 10_000 })
            writer.array("models") { writer in for model in models { writer.value(model) } }
        }
    }

    private static func milliseconds(_ duration: Duration?) -> Double? {
        duration.map { ($0 / .microseconds(1)).rounded() / 1_000 }
    }
}
