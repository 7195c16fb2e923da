internal import Martlet
internal import MartletHTTP

/// What is counted of every request, by the pattern of its route.
struct HTTPMetrics: Sendable {
    /// A request of a route; unknown paths and malformed requests have the route `none`.
    private struct Route: SeriesKey {
        static let other = Route(handler: "other")
        let handler: String
        var labels: Labels { ["handler": handler] }
    }

    private struct Call: SeriesKey {
        static let other = Call(handler: "other", method: "other")
        let handler, method: String
        var labels: Labels { ["handler": handler, "method": method] }
    }

    private struct Outcome: SeriesKey {
        static let other = Outcome(handler: "other", method: "other", status: "other")
        let handler, method, status: String
        var labels: Labels { ["handler": handler, "method": method, "status": status] }
    }

    private struct Sizes: Sendable {
        var count = 0
        var request = 0
        var response = 0
    }

    /// The frequent ones first: searching these is faster than hashing.
    private static let methods: [HTTPMethod] = [
        .post, .get, .head, .put, .patch, .delete, .options, .trace, .connect,
    ]
    private static let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"]

    private var requests = SeriesTable<Outcome, Int>(0)
    private var durations = SeriesTable<Call, Histogram>(Histogram(.http))
    private var sizes = SeriesTable<Route, Sizes>(Sizes())

    mutating func record(_ exchange: ExchangeFacts) {
        let handler = exchange.route ?? "none"
        // Methods come from clients too.
        let method = exchange.method.map { Self.methods.contains($0) ? $0.rawValue : "other" } ?? "none"
        // 499 for a client that left before there was a response, as in the access log.
        let group = (exchange.status?.code ?? 499) / 100 - 1
        let status = Self.classes.indices.contains(group) ? Self.classes[group] : "other"
        requests.update(Outcome(handler: handler, method: method, status: status)) { $0 += 1 }
        durations.update(Call(handler: handler, method: method)) { $0.record(exchange.duration) }
        sizes.update(Route(handler: handler)) { sizes in
            sizes.count += 1
            sizes.request += exchange.requestBytes
            sizes.response += exchange.responseBytes
        }
    }

    func write(to exposition: inout Exposition) {
        exposition.commonFamily("http_requests_total", .counter, "Requests by route, method and class of status.")
        for (labels, value) in requests.series { exposition.sample(labels, value) }
        exposition.commonFamily(
            "http_request_duration_seconds", .histogram,
            "From the first byte of a request to the last byte of its response.")
        for (labels, value) in durations.series { value.write(labels, to: &exposition) }
        exposition.commonFamily(
            "http_request_size_bytes", .summary, "Bytes of requests that were read, with head and framing.")
        for (labels, value) in sizes.series { exposition.summary(labels, count: value.count, sum: value.request) }
        exposition.commonFamily(
            "http_response_size_bytes", .summary, "Bytes of responses that were sent, with head and framing.")
        for (labels, value) in sizes.series { exposition.summary(labels, count: value.count, sum: value.response) }
    }
}
