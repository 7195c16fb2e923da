internal import Logging
public import Martlet
internal import MartletHTTP
internal import MartletJSON
internal import MartletUV

/// The form of a server's access log, which has one line for each request.
public enum AccessLogFormat: String, Sendable, CaseIterable {
    /// For people: the time, status, method and path, then what is known as `name=value`.
    case text
    /// One JSON object, for programs. Members that do not apply are absent.
    case json
}

extension Server {
    /// Logs a line for each request when it has ended. A line has neither prompts nor credentials, and nothing of the
    /// query.
    ///
    /// - Parameters:
    ///   - format: The form of the lines.
    ///   - write: Called with whole lines, each with its line feed, several at a time, on a thread of its own. Nil writes
    ///     them to standard output.
    public mutating func logRequests(
        as format: AccessLogFormat, to write: (@Sendable (String) -> Void)? = nil
    ) {
        let write = write ?? { StandardOutput.write($0) }
        // A reader that does not read must stop neither the pool's threads nor other observers.
        let threads = Locked<ThreadPool?>(nil)
        onStart { _ in
            let pool = try ThreadPool(count: 1)
            threads.withLock { $0 = pool }
        }
        onEnd { _, _ in threads.withLock { $0 }?.stop() }
        onRequestEnd { records in
            var lines: [UInt8] = []
            lines.reserveCapacity(256 * records.count)
            for record in records {
                AccessLine(record).append(as: format, to: &lines)
                lines.append(UInt8(ascii: "\n"))
            }
            let text = String(decoding: lines, as: UTF8.self)
            await withTaskExecutorPreference(threads.withLock { $0 }) { write(text) }
        }
    }

    /// Logs a warning for each request that took longer than `limit`, from its first byte to the last byte of the
    /// response.
    public mutating func warnOfRequests(slowerThan limit: Duration) {
        let logger = configuration.logger
        onRequestEnd { records in
            for record in records where record.exchange.duration > limit {
                logger.warning(
                    "a request took longer than \(limit): \(AccessLine(record).text)",
                    metadata: record.exchange.requestID.map { ["request_id": "\($0)"] })
            }
        }
    }
}

/// What a line of the access log says of a request.
struct AccessLine {
    /// Paths are cut to this many bytes: a client must not make a line unreadable.
    static let maximumPathBytes = 1024

    private let record: RequestRecord

    init(_ record: RequestRecord) { self.record = record }

    var text: String {
        var bytes: [UInt8] = []
        append(as: .text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    func append(as format: AccessLogFormat, to bytes: inout [UInt8]) {
        switch format {
        case .text: appendText(to: &bytes)
        case .json: bytes += json
        }
    }

    private var exchange: ExchangeFacts { record.exchange }

    private var time: String { RFC3339Date(microsecondsSince1970: record.endTime).description }

    /// The path without its query, which may contain secrets.
    private var path: String? {
        (exchange.head?.path).map { path in
            String(decoding: Array(path.utf8.prefix(Self.maximumPathBytes)), as: UTF8.self)
        }
    }

    /// nginx's statuses without a response: 499 for a client that left, 444 for a connection that the server closed.
    private var status: Int { exchange.status?.code ?? (exchange.ending == .clientLeft ? 499 : 444) }

    private var milliseconds: Double { Self.milliseconds(exchange.duration) }

    private static func milliseconds(_ duration: Duration) -> Double {
        (duration / .microseconds(1)).rounded() / 1000
    }

    /// From the request's first byte to the first generated token.
    private var timeToFirstToken: Double? {
        (record.generation?.firstEvent).map { Self.milliseconds($0 - exchange.start) }
    }

    private func appendText(to bytes: inout [UInt8]) {
        let exchange = exchange
        func add(_ name: StaticString, _ value: String?) {
            guard let value else { return }
            bytes.appendName(name)
            bytes.appendEscaped(value)
        }
        func add(_ name: StaticString, _ duration: Duration?) {
            guard let duration else { return }
            bytes.appendName(name)
            bytes.appendMilliseconds(duration)
        }
        bytes.append(utf8: time)
        bytes.appendName(" ")
        bytes.append(decimal: status)
        add(" ", exchange.method?.rawValue ?? "-")
        add(" ", path ?? "-")
        add(" ", exchange.duration)
        add(" model=", record.model)
        add(" upstream=", record.generation?.upstream)
        if let usage = record.generation?.usage {
            bytes.appendName(" tokens=")
            bytes.append(decimal: usage.promptTokens)
            bytes.appendName("+")
            bytes.append(decimal: usage.completionTokens)
        }
        if let cost = record.cost {
            bytes.appendName(" cost=")
            bytes.append(utf8: cost.amount)
            add("", cost.currency)
        }
        add(" first_token=", (record.generation?.firstEvent).map { $0 - exchange.start })
        add(" queued=", record.generation?.queueWait.flatMap { $0 > .zero ? $0 : nil })
        add(" finish=", record.generation?.finishReason?.rawValue)
        if record.generation?.isStreamed == true { bytes.appendName(" stream=true") }
        add(" client=", exchange.clientAddress)
        add(" principal=", record.principal?.name)
        add(" error=", record.error.map { $0.code ?? $0.type })
        add(" cancelled_by=", record.cancellation?.description)
        if exchange.ending != .complete { add(" ending=", exchange.ending.description) }
        add(" id=", exchange.requestID)
    }

    private var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("time", time)
            writer.member("status", status)
            if let method = exchange.method { writer.member("method", method.rawValue) }
            if let path { writer.member("path", path) }
            if let route = exchange.route { writer.member("route", route) }
            writer.member("duration_ms", milliseconds)
            writer.member("request_bytes", exchange.requestBytes)
            writer.member("response_bytes", exchange.responseBytes)
            if let model = record.model { writer.member("model", model) }
            if let generation = record.generation { write(generation, to: &writer) }
            if let cost = record.cost { cost.write(to: &writer) }
            if let address = exchange.clientAddress { writer.member("client", address) }
            if let principal = record.principal { writer.member("principal", principal.name) }
            if let error = record.error { writer.member("error", error.code ?? error.type) }
            if let cancellation = record.cancellation { writer.member("cancelled_by", cancellation.description) }
            writer.member("ending", exchange.ending.description)
            if let id = exchange.requestID { writer.member("request_id", id) }
        }
        return writer.bytes
    }

    private func write(_ generation: GenerationFacts, to writer: inout JSONWriter) {
        if let upstream = generation.upstream { writer.member("upstream", upstream) }
        writer.member("stream", generation.isStreamed)
        writer.member("prompt_tokens", generation.usage.promptTokens)
        writer.member("completion_tokens", generation.usage.completionTokens)
        if let cached = generation.usage.cachedTokens { writer.member("cached_tokens", cached) }
        if generation.isUsageEstimated { writer.member("usage_estimated", true) }
        if let wait = generation.queueWait { writer.member("queue_ms", Self.milliseconds(wait)) }
        if let time = timeToFirstToken { writer.member("first_token_ms", time) }
        if let reason = generation.finishReason { writer.member("finish_reason", reason.rawValue) }
    }
}

extension Cost {
    /// Writes the members `cost`, in units, and `currency`.
    func write(to writer: inout JSONWriter) {
        writer.name("cost")
        writer.raw(amount.utf8)
        writer.member("currency", currency)
    }
}

/// A line of text is written byte by byte: joining strings would take several times as long.
extension [UInt8] {
    fileprivate mutating func appendName(_ name: StaticString) {
        name.withUTF8Buffer { append(contentsOf: $0) }
    }

    /// Names of models, paths and ids come from outside.
    fileprivate mutating func appendEscaped(_ text: String) {
        let start = count
        append(utf8: text)
        if self[start...].allSatisfy({ (0x20...0x7E).contains($0) }) { return }
        removeSubrange(start...)
        append(contentsOf: text.escapingInvisibles().utf8)
    }

    /// In milliseconds with up to three decimals, at least one: `52.1ms`.
    fileprivate mutating func appendMilliseconds(_ duration: Duration) {
        let nanoseconds = Swift.max(0, duration.nanoseconds)
        let microseconds = nanoseconds / 1000 + (nanoseconds % 1000 < 500 ? 0 : 1)
        append(decimal: microseconds / 1000)
        append(UInt8(ascii: "."))
        var rest = microseconds % 1000
        var divisor = 100
        repeat {
            append(UInt8(ascii: "0") + UInt8(rest / divisor))
            rest %= divisor
            divisor /= 10
        } while rest > 0
        appendName("ms")
    }
}
