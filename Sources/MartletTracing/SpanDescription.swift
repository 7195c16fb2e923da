internal import Martlet
internal import MartletHTTP
internal import MartletOpenAI
internal import Tracing

/// The attributes of a request's span, by OpenTelemetry's conventions for HTTP servers and generative models. They have
/// neither prompts nor keys, and nothing of the query.
struct SpanDescription {
    private let record: RequestRecord

    init(_ record: RequestRecord) { self.record = record }

    private var exchange: ExchangeFacts { record.exchange }

    /// A name with few different values, as tracing systems group by it.
    static func name(_ method: HTTPMethod?, route: String?) -> String {
        let method = method.map { GenAI.method($0) == "_OTHER" ? "HTTP" : $0.rawValue } ?? "HTTP"
        return route.map { "\(method) \($0)" } ?? method
    }

    func describe(_ span: any Span) {
        span.updateAttributes { attributes in
            describeRequest(&attributes)
            describeResponse(&attributes)
            if let operation = GenAI.operation(ofRoute: exchange.route), let model = record.model {
                attributes["gen_ai.operation.name"] = operation
                attributes["gen_ai.provider.name"] = GenAI.provider
                attributes["gen_ai.request.model"] = model
                if let generation = record.generation { describe(generation, &attributes) }
            }
        }
        if GenAI.errorType(record) != nil && record.cancellation != .client {
            span.setStatus(SpanStatus(code: .error))
        }
    }

    private func describeRequest(_ attributes: inout SpanAttributes) {
        attributes["http.request.method"] = GenAI.method(exchange.method)
        attributes["url.scheme"] = "http"
        if let route = exchange.route { attributes["http.route"] = route }
        if let address = exchange.clientAddress { attributes["client.address"] = address }
        if let name = record.principal?.name { attributes["enduser.id"] = name }
        guard let head = exchange.head else { return }
        attributes["url.path"] = head.path
        attributes["network.protocol.version"] = "1.\(head.minorVersion)"
        if let agent = head.fields["User-Agent"] { attributes["user_agent.original"] = agent }
        if let host = head.fields["Host"] {
            let (name, port) = Self.split(host)
            attributes["server.address"] = name
            if let port { attributes["server.port"] = port }
        }
    }

    /// A host and its port; an IPv6 address is in brackets (RFC 3986 §3.2.2).
    private static func split(_ host: String) -> (name: String, port: Int?) {
        guard let colon = host.lastIndex(of: ":"), !host[colon...].contains("]"),
            let port = Int(host[colon...].dropFirst())
        else { return (host, nil) }
        return (String(host[..<colon]), port)
    }

    private func describeResponse(_ attributes: inout SpanAttributes) {
        if let status = exchange.status { attributes["http.response.status_code"] = status.code }
        if let id = exchange.requestID { attributes["http.response.header.x-request-id"] = [id] }
        if let type = GenAI.errorType(record) { attributes["error.type"] = type }
    }

    private func describe(_ generation: GenerationFacts, _ attributes: inout SpanAttributes) {
        attributes["gen_ai.response.model"] = record.model
        attributes["gen_ai.usage.input_tokens"] = generation.usage.promptTokens
        attributes["gen_ai.usage.output_tokens"] = generation.usage.completionTokens
        if let cached = generation.usage.cachedTokens {
            attributes["gen_ai.usage.cache_read.input_tokens"] = cached
        }
        if let reasoning = generation.usage.reasoningTokens {
            attributes["gen_ai.usage.reasoning.output_tokens"] = reasoning
        }
        guard GenAI.operation(ofRoute: exchange.route) != "embeddings" else { return }
        attributes["gen_ai.request.stream"] = generation.isStreamed
        attributes["gen_ai.request.choice.count"] = generation.choices
        if let sampling = generation.sampling {
            attributes["gen_ai.request.temperature"] = sampling.temperature
            attributes["gen_ai.request.top_p"] = sampling.topP
            if sampling.topK > 0 { attributes["gen_ai.request.top_k"] = sampling.topK }
            if let seed = sampling.seed { attributes["gen_ai.request.seed"] = seed }
            attributes["gen_ai.request.frequency_penalty"] = sampling.frequencyPenalty
            attributes["gen_ai.request.presence_penalty"] = sampling.presencePenalty
        }
        if let limit = generation.requestedMaxTokens { attributes["gen_ai.request.max_tokens"] = limit }
        if let reason = generation.finishReason {
            attributes["gen_ai.response.finish_reasons"] = [reason.rawValue]
        }
        if let first = generation.firstEvent {
            attributes["gen_ai.response.time_to_first_chunk"] = (first - exchange.start) / .seconds(1)
        }
    }
}
