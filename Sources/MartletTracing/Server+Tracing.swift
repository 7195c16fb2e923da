public import Martlet
public import Tracing

extension Server {
    /// Makes a span of kind `server` for each request, with the attributes of OpenTelemetry's conventions for HTTP and
    /// generative models: never prompts, replies or keys.
    ///
    /// The span's parent is the one that the request names, in the fields that the tracer reads: W3C's `traceparent` and
    /// `tracestate` for most. Backends and the application's routes run with the span's context as
    /// `ServiceContext.current`, and inject it into the requests that they send (`FieldInjector`). The span ends with the
    /// last byte of the response, or when the client has left. Responses that need no task, such as refusals, have spans
    /// too, which are made afterwards with the true times.
    ///
    /// - Parameters:
    ///   - tracer: Nil for the one of `InstrumentationSystem`, as it is at each request.
    ///   - routes: The patterns of routes without spans.
    public mutating func trace(
        with tracer: (any Tracer)? = nil,
        excluding routes: Set<String> = ["/", "/health", "/health/ready", "/load", "/metrics"]
    ) {
        let tracing = Tracing(tracer, excluding: routes)
        taskMiddleware { request, next in try await tracing.run(request, next) }
        onRequestEnd { tracing.end($0) }
    }
}
