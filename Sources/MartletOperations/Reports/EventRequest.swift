internal import Martlet
internal import MartletJSON

/// What a reader needs of a request's event. Fields that the event lacks, or that have another type, are nil.
struct EventRequest {
    var time = 0.0
    var status: Int?
    var endpoint: String?
    var model: String?
    var principal: String?
    var finishReason: String?
    var error: String?
    var promptTokens = 0
    var completionTokens = 0
    var cachedTokens = 0
    var cost: Cost?
    /// In microseconds.
    var latency: Int?
    var timeToFirstToken: Int?
    var queueWait: Int?
    var decodeTime: Int?

    /// Nil for other events.
    init?(_ event: JSONObject) {
        guard event["kind"] == "eval", event["phase"] == "serve", event["name"] == "request",
            let extra = event["extra"]?.object
        else { return nil }
        time = event["t"]?.number?.double ?? 0
        status = extra["status"]?.number?.int
        endpoint = extra["endpoint"]?.string
        model = extra["model"]?.string
        principal = extra["principal_id"]?.string
        finishReason = extra["finish_reason"]?.string
        error = extra["error"]?.string
        promptTokens = max(0, extra["prompt_tokens"]?.number?.int ?? 0)
        completionTokens = max(0, extra["completion_tokens"]?.number?.int ?? 0)
        cachedTokens = max(0, extra["cached_tokens"]?.number?.int ?? 0)
        cost = Self.cost(extra)
        latency = extra["latency_us"]?.number?.int
        timeToFirstToken = extra["ttft_us"]?.number?.int
        queueWait = extra["queue_us"]?.number?.int
        decodeTime = extra["decode_us"]?.number?.int
    }

    private static func cost(_ extra: JSONObject) -> Cost? {
        guard let amount = extra["cost"]?.number?.double, let currency = extra["currency"]?.string,
            (0...9e9).contains(amount)
        else { return nil }
        return Cost(nanoUnits: Int((amount * 1e9).rounded()), currency: currency)
    }

    /// Whether the request failed: a status from 400, or an error in a stream.
    var isError: Bool { (status ?? 0) >= 400 || error != nil }

    /// Tokens a second after the first one; nil for fewer than two.
    var tokensPerSecond: Double? {
        guard let decodeTime, decodeTime > 0, completionTokens > 1 else { return nil }
        return Double(completionTokens - 1) * 1e6 / Double(decodeTime)
    }
}

/// The `stats` of a `run_end`.
struct RunTotals {
    var requests = 0
    var errors = 0
    var outputTokens = 0
    /// Events that could not be written.
    var dropped = 0

    mutating func add(_ request: EventRequest) {
        requests += 1
        if request.isError { errors += 1 }
        outputTokens &+= request.completionTokens
    }
}
