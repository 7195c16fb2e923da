internal import Logging
internal import MartletHTTP
internal import MartletJSON
internal import MartletUV

/// One API call, from its body to a successful response: redirects, retries, timeouts. Every request goes through here.
struct Call: Sendable {
    private static let maximumRedirects = 5

    let client: Client
    let method: HTTPMethod
    let path: String
    var body: [UInt8] = []
    var isStream = false
    /// Identical in all attempts.
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

    /// Sends until `take` returns, or until a retry is pointless. `take` may only throw as long as nothing of the
    /// response has reached the caller.
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
                try await wait(pause, after: error)
                attempt += 1
            }
        }
    }

    /// Fails early for providers that are known to require a key.
    private func checkKey() throws(ClientError) {
        let requiresKey = [.openAI, .openRouter, .anthropic].contains(ServerDialect(guessing: client.baseURL))
        let hasOwn = ["Authorization", "api-key", "x-api-key"].contains(where: client.fields.contains)
        if requiresKey, client.apiKey == nil, !hasOwn {
            throw ClientError(.auth, "build request: \(client.baseURL) requires an API key; give one to the client.")
        }
    }

    private func wait(_ pause: Duration, after error: ClientError) async throws(ClientError) {
        client.logger?.warning(
            "retrying request",
            metadata: ["path": "\(loggedPath)", "reason": "\(error.reason.rawValue)", "pause": "\(pause)"])
        if let total = client.timeouts.total, ContinuousClock.now + pause > start + total {
            var late = ClientError(
                .timeout,
                "the next attempt would start after \(total). The setting is `timeouts.total`. Last error: \(error)")
            late.timeout = .total
            throw late
        }
        do { try await Task.sleep(for: pause) } catch {
            throw ClientError(.cancelled, "The request was cancelled while it waited to be retried.")
        }
    }

    /// The path without possible secrets: no query, and no user information in a complete URL.
    private var loggedPath: String { BaseURL.withoutUserInfo(String(path.prefix { $0 != "?" && $0 != "#" })) }

    // MARK: One attempt

    private func open() async throws(ClientError) -> OpenResponse {
        var url = client.baseURL.endpoint(path)
        var redirects = 0
        while true {
            let transfer = client.transport.begin(request(to: url))
            let watchdog = Watchdog(client.timeouts, since: start) { transfer.cancel() }
            let response = try await OpenResponse(transfer, watchdog: watchdog)
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
        // A compressing proxy may collect events before it sends them. A compressed response is still decoded.
        if isStream { fields.append("Accept-Encoding", "identity") }
        if method == .post || !body.isEmpty { fields.append("Content-Type", "application/json") }
        if method != .get, method != .head { fields.append("Idempotency-Key", idempotencyKey) }
        // Secrets go to the configured server, never to the target of a redirect elsewhere.
        if BaseURL.origin(of: url) == client.baseURL.origin {
            client.dialect.writeFields(key: client.apiKey, into: &fields)
            for (name, value) in client.fields { fields.set(name, value) }
        }
        return OutgoingRequest(
            method, url, fields: fields, body: body, connectTimeout: client.timeouts.connect)
    }
}

/// Random identifiers of 128 bits.
enum RandomID {
    /// 32 hexadecimal digits.
    static func next() -> String {
        let digits = String(UInt128.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 32 - digits.utf8.count) + digits
    }
}
