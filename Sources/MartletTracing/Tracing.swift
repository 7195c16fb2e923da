internal import Instrumentation
internal import Martlet
internal import MartletHTTP
internal import Tracing

/// Makes the spans of a server's requests.
final class Tracing: Sendable {
    /// Nil for the tracer of the process.
    private let tracer: (any Tracer)?
    private let excludedRoutes: Set<String>

    init(_ tracer: (any Tracer)?, excluding routes: Set<String>) {
        self.tracer = tracer
        excludedRoutes = routes
    }

    /// Runs a request's task within its span.
    nonisolated(nonsending) func run(_ request: MiddlewareRequest, _ next: Next) async throws {
        let pending = RequestSpan(self)
        guard !excludedRoutes.contains(request.route), request.attach(pending) else {
            try await next()
            return
        }
        let head = request.http.head
        let age = (ContinuousClock.now - request.http.arrival) / .nanoseconds(1)
        let start = DefaultTracerClock.now.nanosecondsSinceEpoch - UInt64(max(0, age))
        let span = pending.start {
            makeSpan(head.method, route: request.route, head.fields, at: start)
        }
        try await InstrumentationContext.$current.withValue(span?.context) { _ = try await next() }
    }

    /// Ends the spans of requests. Those that needed no task get theirs here.
    func end(_ records: [RequestRecord]) {
        for record in records {
            let exchange = record.exchange
            if let route = exchange.route, excludedRoutes.contains(route) { continue }
            let end = UInt64(max(0, record.endTime)) * 1000
            let pending = record.attachments.lazy.compactMap { $0 as? RequestSpan }.first { $0.tracing === self }
            let span =
                pending?.take()
                ?? makeSpan(
                    exchange.method, route: exchange.route, exchange.head?.fields ?? HTTPFields(),
                    at: end - min(end, UInt64(max(0, exchange.duration / .nanoseconds(1)))))
            SpanDescription(record).describe(span)
            span.end(at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: end))
        }
    }

    /// - Parameter start: Nanoseconds since 1970.
    private func makeSpan(
        _ method: HTTPMethod?, route: String?, _ fields: HTTPFields, at start: UInt64
    ) -> any Span {
        let tracer = tracer ?? InstrumentationSystem.tracer
        let instrument: any Instrument = self.tracer ?? InstrumentationSystem.instrument
        var context = InstrumentationContext.topLevel
        instrument.extract(fields, into: &context, using: FieldExtractor())
        return tracer.startSpan(
            SpanDescription.name(method, route: route), context: context, ofKind: .server,
            at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: start))
    }
}
