internal import Logging
internal import MartletHTTP
internal import MartletJSON
internal import MartletUV

/// One request of a client's, from its bytes to a response of success: redirects, retries, timeouts. Everything that a
/// client asks goes through here.
struct Call: Sendable {
    private static let maximumRedirects = 5

    let client: Client
    let method: HTTPMethod
    let path: String
    var body: [UInt8] = []
    var isStream = false
    /// The same for each attempt.
    private let idempotencyKey = "martlet-\(RandomID.next())"
    private let start = ContinuousClock.now

    init(_ client: Client, _ method: HTTPMethod, _ path: String, body: JSONValue? = nil, isStream: Bool = false) {
        (self.client, self.method, self.path, self.isStream) = (client, method, path, isStream)
        if let body {
            var writer = JSONWriter()
            writer.value(body)
            self.body = writer.bytes
        }
    }

    /// Sends until `take` has made something of a response, or there is no use in trying again. `take` may fail as long as
    /// it has told nobody of the response.
    func run<Result>(
        _ take: (OpenResponse, _ attempts: Int) async throws(ClientError) -> Result
    ) async throws(ClientError) -> Result {
        try checkKey()
        var attempt = 0
        while true {
            do throws(ClientError) {
                return try await take(try await open(), attempt + 1)
            } catch {
                var error = error
                error.attempts = attempt + 1
                guard let pause = client.retry.pause(before: attempt, after: error) else { throw error }
                try await rest(pause, after: error)
                attempt += 1
            }
        }
    }

    /// A provider that is known to want a key is not asked without.
    private func checkKey() throws(ClientError) {
        let wantsKey = [.openAI, .openRouter, .anthropic].contains(ServerDialect(guessing: client.baseURL))
        let hasOwn = ["Authorization", "api-key", "x-api-key"].contains(where: client.fields.contains)
        if wantsKey, client.apiKey == nil, !hasOwn {
            throw ClientError(.auth, "build request: \(client.baseURL) wants an API key; give one to the client.")
        }
    }

    private func rest(_ pause: Duration, after error: ClientError) async throws(ClientError) {
        client.logger?.warning(
            "request is sent again",
            metadata: ["path": "\(loggedPath)", "reason": "\(error.reason.rawValue)", "pause": "\(pause)"])
        if let total = client.timeouts.total, ContinuousClock.now + pause > start + total {
            var late = ClientError(
                .timeout, "another try would come after \(total). The setting is `timeouts.total`. Before: \(error)")
            late.timeout = .total
            throw late
        }
        do { try await Task.sleep(for: pause) } catch {
            throw ClientError(.cancelled, "The request was cancelled while it waited for another try.")
        }
    }

    /// The path without what may be secret: the query, and the name and the password of a whole URL.
    private var loggedPath: String { BaseURL.withoutUser(String(path.prefix { $0 != "?" && $0 != "#" })) }

    // MARK: One attempt

    private func open() async throws(ClientError) -> OpenResponse {
        var url = client.baseURL.endpoint(path)
        var redirects = 0
        while true {
            let exchange = client.transport.begin(request(to: url))
            let watchdog = Watchdog(client.timeouts, since: start) { exchange.cancel() }
            let response = try await OpenResponse(exchange, watchdog: watchdog)
            client.logger?.debug(
                "response", metadata: ["path": "\(loggedPath)", "status": "\(response.head.status.code)"])
            if (200..<300).contains(response.head.status.code) { return response }
            guard let next = response.head.redirectURL, [301, 302, 307, 308].contains(response.head.status.code) else {
                throw await response.failure()
            }
            response.drainAndClose()
            redirects += 1
            try check(redirect: redirects, of: response.head.status.code, from: url, to: next)
            url = next
        }
    }

    private func check(redirect number: Int, of status: Int, from url: String, to next: String) throws(ClientError) {
        var error = ClientError(.badResponse, "")
        error.status = status
        if number > Self.maximumRedirects {
            error.message = "http: more than \(Self.maximumRedirects) redirects, the last to \(next)."
            throw error
        }
        if url.hasPrefix("https:"), !next.lowercased().hasPrefix("https:") {
            error.message = "http: a redirect from https to \(next) is not followed."
            throw error
        }
    }

    private func request(to url: String) -> OutgoingRequest {
        var fields: HTTPFields = ["Accept": isStream ? "text/event-stream" : "application/json"]
        fields.append("User-Agent", "martlet")
        // A proxy that compresses may collect events before it sends them. What comes compressed is read all the same.
        if isStream { fields.append("Accept-Encoding", "identity") }
        if method == .post || !body.isEmpty { fields.append("Content-Type", "application/json") }
        if method != .get, method != .head { fields.append("Idempotency-Key", idempotencyKey) }
        // What is secret is meant for the server that was named, and not for where it points to.
        if BaseURL.origin(of: url) == client.baseURL.origin {
            if let key = client.apiKey { fields.append("Authorization", "Bearer \(key.secret)") }
            for (name, value) in client.fields { fields.set(name, value) }
        }
        return OutgoingRequest(
            method, url, fields: fields, body: body, connectTimeout: client.timeouts.connect)
    }
}

/// Names that nobody else has.
enum RandomID {
    /// 32 hexadecimal digits.
    static func next() -> String {
        let digits = String(UInt128.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 32 - digits.utf8.count) + digits
    }
}
