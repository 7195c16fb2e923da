import Dispatch
import MartletHTTP
import MartletTesting
import MartletUV

/// Routes for each way in which a request can be answered.
final class SampleService: Sendable {
    let tasks = Gauge()
    /// Tasks that have seen their cancellation.
    let cancelled = Gauge()
    /// The tasks of `/gated` wait for it.
    let gate = Gate()
    let openConnections = Gauge()
    let blockedLoops = Gauge()
    let loopBlock = DispatchSemaphore(value: 0)
    /// Requests that the connection refused.
    let refusals = Gauge()
    private let reported = Locked<[ConnectionShortage]>([])
    private let observed = Locked<[ObservedExchange]>([])
    /// The exchanges that have ended, if the service observes them.
    var exchanges: [ObservedExchange] { observed.withLock { $0 } }
    private let observesExchanges: Bool
    var shortages: [ConnectionShortage] { reported.withLock { $0 } }

    init(observesExchanges: Bool = false) { self.observesExchanges = observesExchanges }

    func context(on loop: EventLoop, limits: ConnectionLimits) -> ConnectionContext {
        ConnectionContext(
            on: loop, limits: limits, report: { [self] shortage in reported.withLock { $0.append(shortage) } },
            onExchangeEnd: observesExchanges
                ? { [self] facts, attachment in
                    let label = (attachment as? Label)?.text.withLock { $0 }
                    observed.withLock { $0.append(ObservedExchange(facts: facts, attachment: label)) }
                } : nil,
            makeAttachment: observesExchanges ? { Label() } : nil,
            renderError: { [refusals] error, _ in
                refusals.add(1)
                return HTTPResponse(error.status, text: error.message)
            },
            decide: { [self] head, _ in decide(head) })
    }

    private static func attach(_ text: String, to response: ResponseBuffer) {
        (response.attachment as? Label)?.text.withLock { $0 = text }
    }

    func decide(_ head: RequestHead) -> ConnectionContext.Decision {
        switch head.path {
        // Decided from the head alone.
        case "/static": at("/static", .respond(HTTPResponse(text: "static")))
        case "/blocking": .respond(blockedLoop())
        case "/large": .respond(HTTPResponse(text: String(repeating: "l", count: 200_000)))
        case "/empty": .respond(HTTPResponse(.noContent))
        case "/", "/echo": .handle(maximumBodyBytes: 100_000) { $1.send(HTTPResponse(body: $0.body)) }
        case "/small": at("/small", .handle(maximumBodyBytes: 10) { $1.send(HTTPResponse(body: $0.body)) })
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
        case "/aborted":
            task(.pool, route: "/aborted") { _, response in
                response.prepare(ResponseHead())
                try await Self.emit("begun ", to: response)
                _ = response.abort()
            }
        case "/gated-stream":
            task(.pool, route: "/gated-stream") { [self] _, response in
                Self.attach("gated", to: response)
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
            task(.pool, route: "/trickle") { _, response in
                Self.attach("trickle", to: response)
                response.prepare(ResponseHead())
                while true {
                    try await Self.emit("t", to: response)
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
        case "/hanging": task(.pool, route: "/hanging") { _, _ in try await Task.sleep(for: .seconds(600)) }
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
        default: .respond(HTTPResponse(.notFound, text: "nothing here"))
        }
    }

    /// Returns once the gate is open, also in a cancelled task: not every handler observes cancellation.
    private func passGate() async { _ = await Task { [gate] in try await gate.pass() }.result }

    /// The loop is blocked until `loopBlock` is signalled, 20 s at most.
    private func blockedLoop() -> HTTPResponse {
        blockedLoops.add(1)
        _ = loopBlock.wait(timeout: .now() + 20)
        return HTTPResponse()
    }

    private func at(_ route: String?, _ decision: ConnectionContext.Decision) -> ConnectionContext.Decision {
        var decision = decision
        decision.route = route
        return decision
    }

    private enum Place { case loop, pool }

    private func task(
        _ place: Place, route: String? = nil,
        _ answer: @escaping @Sendable (HTTPRequest, ResponseBuffer) async throws -> Void
    ) -> ConnectionContext.Decision {
        at(
            route,
            .handle(maximumBodyBytes: 100_000) { [tasks, cancelled] request, response in
                let onInterrupt = { @Sendable in
                    if response.send(HTTPResponse(.serviceUnavailable, text: "stopping")) { return }
                    response.finish { $0.append(contentsOf: "stopping".utf8) }
                }
                RequestTask.start(
                    for: response, on: place == .loop ? response.loop : nil, counting: tasks, onInterrupt: onInterrupt
                ) {
                    do {
                        try await answer(request, response)
                    } catch {
                        cancelled.add(1)
                    }
                }
            })
    }

    static func emit(_ text: String, to response: ResponseBuffer) async throws {
        let pressure = try response.append { $0.append(contentsOf: text.utf8) }
        if pressure.needsSignal { response.signal() }
        if pressure.isHigh { try await response.waitForRoom() }
    }
}

/// The attachment of a response, in which its handler writes.
private final class Label: Sendable {
    let text = Locked<String?>(nil)
}

/// What the observer of a context was given.
struct ObservedExchange: Sendable {
    let facts: ExchangeFacts
    let attachment: String?

    var route: String? { facts.route }
    /// Whether the times of an exchange with a response are in order.
    var isOrdered: Bool {
        guard let responseStart = facts.responseStart else { return false }
        return facts.start <= facts.requestEnd ?? facts.start && facts.requestEnd ?? facts.start <= responseStart
            && responseStart <= facts.end
    }
}
