import MartletHTTP
import MartletTesting
import MartletUV

/// A few routes, one for each way in which a request can be answered.
final class SampleService: Sendable {
    let tasks = Gauge()
    /// Tasks that have seen their cancellation.
    let cancelled = Gauge()
    /// What the tasks of `/gated` wait for.
    let gate = Gate()
    let openConnections = Gauge()
    /// Requests that the server refused of itself.
    let refusals = Gauge()
    private let reported = Locked<[ConnectionShortage]>([])
    var shortages: [ConnectionShortage] { reported.withLock { $0 } }

    func context(on loop: EventLoop, limits: ConnectionLimits) -> ConnectionContext {
        ConnectionContext(
            on: loop, limits: limits, report: { [self] shortage in reported.withLock { $0.append(shortage) } },
            renderError: { [refusals] error, _ in
                refusals.add(1)
                return HTTPResponse(error.status, text: error.message)
            },
            decide: { [self] in decide($0) })
    }

    func decide(_ head: RequestHead) -> ConnectionContext.Decision {
        switch head.path {
        // Known from the head alone.
        case "/static": .reply(HTTPResponse(text: "static"))
        case "/large": .reply(HTTPResponse(text: String(repeating: "l", count: 200_000)))
        case "/empty": .reply(HTTPResponse(.noContent))
        case "/", "/echo": .handle(maximumBodyBytes: 100_000) { $1.send(HTTPResponse(body: $0.body)) }
        case "/small": .handle(maximumBodyBytes: 10) { $1.send(HTTPResponse(body: $0.body)) }
        case "/loop": task(.loop) { $1.send(HTTPResponse(text: "loop \($0.head.query ?? "")")) }
        case "/pool": task(.pool) { $1.send(HTTPResponse(text: "pool \($0.head.query ?? "")")) }
        case "/gated":
            task(.pool) { [self] in
                await passGate()
                $1.send(HTTPResponse(text: "gated"))
            }
        case "/stream":
            task(.loop) { _, response in
                response.prepare(ResponseHead())
                for piece in ["one ", "two ", "three "] { try await Self.emit(piece, to: response) }
                response.finish { $0.append(contentsOf: ServerSentEvents.done) }
            }
        case "/gated-stream":
            task(.pool) { [self] _, response in
                response.prepare(ResponseHead())
                try await Self.emit("begun ", to: response)
                await passGate()
                response.finish { $0.append(contentsOf: "ended".utf8) }
            }
        case "/endless":
            task(.pool) { _, response in
                response.prepare(ResponseHead(), heartbeat: Array(":\n".utf8))
                while true { try await Self.emit(String(repeating: "e", count: 10_000), to: response) }
            }
        case "/trickle":
            task(.pool) { _, response in
                response.prepare(ResponseHead())
                while true {
                    try await Self.emit("t", to: response)
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
        case "/hanging": task(.pool) { _, _ in try await Task.sleep(for: .seconds(600)) }
        case "/hanging-stream":
            task(.pool) { _, response in
                response.prepare(ResponseHead(), heartbeat: Array(": beat".utf8))
                try await Self.emit("begun ", to: response)
                try await Task.sleep(for: .seconds(600))
            }
        case "/unmodified":
            task(.pool) { _, response in
                response.prepare(ResponseHead(HTTPStatus(304)))
                try await Self.emit("not to be seen", to: response)
                response.finish()
            }
        default: .reply(HTTPResponse(.notFound, text: "nothing here"))
        }
    }

    /// Returns once the gate is open, also to a request that has been cancelled: not every handler notices.
    private func passGate() async { _ = await Task { [gate] in try await gate.pass() }.result }

    private enum Place { case loop, pool }

    private func task(
        _ place: Place,
        _ answer: @escaping @Sendable (HTTPRequest, ResponseStream) async throws -> Void
    ) -> ConnectionContext.Decision {
        .handle(maximumBodyBytes: 100_000) { [tasks, cancelled] request, response in
            response.onInterrupt {
                response.fail(HTTPResponse(.serviceUnavailable, text: "stopping")) {
                    $0.append(contentsOf: "stopping".utf8)
                }
            }
            response.run(on: place == .loop ? response.loop : nil, counting: tasks) {
                do {
                    try await answer(request, response)
                } catch {
                    cancelled.add(1)
                }
            }
        }
    }

    static func emit(_ text: String, to response: ResponseStream) async throws {
        let pressure = try response.append { $0.append(contentsOf: text.utf8) }
        if pressure.needsSignal { response.signal() }
        if pressure.isHigh { try await response.waitForRoom() }
    }
}
