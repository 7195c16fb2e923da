package import MartletUV

/// The sockets of one audience of a server, and what its connections share.
package struct HTTPListening: Sendable {
    let sockets: [[ListeningSocket]]
    let openConnections: Gauge
    let tasks: Gauge
    let makeContext: @Sendable (EventLoop) -> ConnectionContext

    /// - Parameters:
    ///   - sockets: Those of each address, one for each loop. The server closes them.
    ///   - openConnections: Counts the connections.
    ///   - tasks: Counts the tasks of requests.
    ///   - makeContext: Runs once on each loop, whose connections share the result.
    package init(
        _ sockets: [[ListeningSocket]], openConnections: Gauge, tasks: Gauge,
        makeContext: @escaping @Sendable (EventLoop) -> ConnectionContext
    ) {
        (self.sockets, self.openConnections, self.tasks) = (sockets, openConnections, tasks)
        self.makeContext = makeContext
    }

    /// Closes the sockets, if no server has taken them.
    package func close() { for socket in sockets.joined() { socket.close() } }

    /// The bound addresses; the ports are the actual ones also where port 0 was requested.
    package var addresses: [SocketAddress] { sockets.compactMap { $0.first?.address } }
}

/// Loops that share listening addresses, from binding to shutdown.
///
/// Operators have addresses of their own, on the first loop: they stay open while the responses to clients finish.
package final class HTTPServer: Sendable {
    private let clientTasks: Gauge
    private let clients: [LoopBound<ServerLoop>]
    private let operators: [LoopBound<ServerLoop>]
    private let operatorTasks: Gauge?
    private let drainState = DrainState()
    private let onInterrupt = Locked<(@Sendable () -> Void)?>(nil)
    /// The part of the drain time that is left to interrupted responses, for their errors and for the end of their tasks;
    /// at most half of it.
    private static let interruptGrace = Duration.seconds(2)

    /// The bound addresses of the clients, and those of the operators.
    package let addresses: (clients: [SocketAddress], operators: [SocketAddress])

    /// Starts `loopCount` loops, which accept connections after `listen()`.
    package init(
        _ clients: HTTPListening, operators: HTTPListening? = nil, loopCount: Int
    ) async throws(UVError) {
        addresses = (clients.addresses, operators?.addresses ?? [])
        clientTasks = clients.tasks
        operatorTasks = operators?.tasks
        var loops: [EventLoop] = []
        do throws(UVError) {
            for _ in 0..<loopCount { loops.append(try EventLoop()) }
        } catch {
            clients.close()
            operators?.close()
            for loop in loops { await loop.stop() }
            throw error
        }
        var servers: [LoopBound<ServerLoop>] = []
        for (index, loop) in loops.enumerated() {
            servers.append(await Self.start(clients, index, on: loop, loopCount: loopCount))
        }
        self.clients = servers
        if let operators, let loop = loops.first {
            self.operators = [await Self.start(operators, 0, on: loop, loopCount: loopCount)]
        } else {
            self.operators = []
        }
    }

    private static func start(
        _ listening: HTTPListening, _ index: Int, on loop: EventLoop, loopCount: Int
    ) async -> LoopBound<ServerLoop> {
        let sockets = listening.sockets.compactMap { $0.indices.contains(index) ? $0[index] : nil }
        return await withCheckedContinuation { continuation in
            loop.atEndOfTurn {
                let server = ServerLoop(
                    sockets, context: listening.makeContext(loop), loopCount: loopCount,
                    openConnections: listening.openConnections)
                continuation.resume(returning: LoopBound(server, on: loop))
            }
        }
    }

    /// Accepts connections. To be called once. The server must be shut down also if this throws.
    package func listen() async throws(UVError) {
        for bound in clients + operators {
            let result = await bound.loop.perform {
                bound.withValue { server in Result { () throws(UVError) in try server.listen() } }
            }
            try result?.get()
        }
    }

    // MARK: The end

    /// Begins the end of the server. For `delay` connections are still accepted, with responses that close them. Then the
    /// connections that wait in the system's queue are taken and no more are accepted, except from operators. Responses
    /// that are still active two seconds before `timeout` has passed since then, or at half of it if that is later, are
    /// interrupted. Returns at once; only the first call has an effect.
    package func drain(after delay: Duration = .zero, timeout: Duration) {
        guard drainState.announce() else { return }
        if delay > .zero && !drainState.isForced {
            perform(clients) { $0.announceDrain() }
            Task {
                await drainState.wait(until: .now + delay) { drainState.isForced }
                perform(clients) { $0.drain() }
                await finishResponses(within: timeout)
            }
        } else {
            perform(clients) { $0.drain() }
            Task { await finishResponses(within: timeout) }
        }
    }

    /// Waits for the clients' responses, and interrupts the remaining ones shortly before the end of `timeout`, or when
    /// the end is forced.
    private func finishResponses(within timeout: Duration) async {
        let end = ContinuousClock.now + timeout
        await drainState.wait(until: end - min(Self.interruptGrace, timeout / 2)) {
            if drainState.isForced { return true }
            return await activeCount == 0
        }
        let interruptedCount = max(
            0, await Self.count(clients, clientTasks) { $0.interruptibleCount } - drainState.observerCount)
        if await activeCount > 0 {
            perform(clients) { $0.interrupt() }
            onInterrupt.withLock { $0 }?()
            await drainState.wait(until: min(end, .now + Self.interruptGrace)) { await activeCount == 0 }
        }
        drainState.finish(interruptedCount: interruptedCount)
    }

    /// Drains, unless the server does already, and ends the loops when the responses have ended.
    ///
    /// - Parameter drainTimeout: As for `drain(after:timeout:)`, where that was not called before.
    package func shutDown(drainTimeout: Duration) async {
        drain(timeout: drainTimeout)
        await drainState.wait { drainState.isFinished }
        perform(operators) { $0.drain() }
        let hasObservers = drainState.observerCount > 0
        await drainState.wait(until: .now + Self.interruptGrace) {
            if hasObservers, await Self.count(clients, clientTasks, { $0.activeCount }) > 0 { return false }
            return await Self.count(operators, operatorTasks) { $0.activeCount } == 0
        }
        for bound in clients + operators { bound.loop.atEndOfTurn { bound.withValue { $0.close() } } }
        for bound in clients { await bound.loop.stop() }
    }

    /// A drain, which may have begun, interrupts the active responses without waiting for its timeout.
    package func forceShutdown() { drainState.force() }

    /// Sets what interrupts the responses that no connection writes, on any thread.
    package func setOnInterrupt(_ action: @escaping @Sendable () -> Void) { onInterrupt.withLock { $0 = action } }

    /// Whether `forceShutdown()` has interrupted responses.
    package var hasInterrupted: Bool { drainState.hasForcedInterruption }

    /// Returns the number of interrupted responses when the drain is over; nil if the task is cancelled before.
    ///
    /// - Parameter response: The response that reports it, if it is one to a client: the drain does not wait for it.
    package func waitUntilDrained(_ response: ResponseBuffer?) async -> Int? {
        await drainState.waitUntilFinished(response)
    }

    /// The clients' responses that are in progress, without those that report the end of the drain.
    private var activeCount: Int {
        get async { max(0, await Self.count(clients, clientTasks) { $0.activeCount } - drainState.observerCount) }
    }

    /// The sum over the loops, or the number of tasks if that is higher: a task may outlive its connection.
    private static func count(
        _ servers: [LoopBound<ServerLoop>], _ tasks: Gauge?, _ number: @escaping @Sendable (ServerLoop) -> Int
    ) async -> Int {
        var count = 0
        for bound in servers { count += await bound.loop.perform { bound.withValue { number($0) } } ?? 0 }
        return max(count, tasks?.value ?? 0)
    }

    private func perform(_ servers: [LoopBound<ServerLoop>], _ action: @escaping @Sendable (ServerLoop) -> Void) {
        for bound in servers { bound.loop.atEndOfTurn { bound.withValue { action($0) } } }
    }
}
