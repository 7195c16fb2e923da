package import MartletUV
internal import Synchronization

/// Loops that share a port, from listening to the end.
package final class HTTPServer: Sendable {
    /// How often a shutdown looks whether it is over.
    private static let poll = Duration.milliseconds(10)
    /// For interrupted responses to send their error and for their tasks to end; part of the drain's time.
    private static let interruptGrace = Duration.seconds(2)

    package let address: SocketAddress
    private let openConnections: Gauge
    private let tasks: Gauge
    private let loops: [LoopBound<ServerLoop>]
    private let subscriptions = Locked<[SignalSubscription]>([])
    private let isForced = Atomic<Bool>(false)

    /// Binds `address`, starts as many loops as asked and accepts connections on all of them.
    /// `makeContext` runs on each loop once: what it makes is that loop's own.
    package init(
        address: SocketAddress, loopCount: Int, openConnections: Gauge, tasks: Gauge,
        makeContext: @escaping @Sendable (EventLoop) -> ConnectionContext
    ) async throws(UVError) {
        let sockets = try ListeningSocket.bind(to: address, count: loopCount)
        self.address = sockets.first?.address ?? address
        self.openConnections = openConnections
        self.tasks = tasks
        var loops: [LoopBound<ServerLoop>] = []
        do throws(UVError) {
            for socket in sockets {
                loops.append(
                    try await Self.startLoop(
                        socket, loopCount: loopCount, openConnections: openConnections, makeContext: makeContext))
            }
        } catch {
            for socket in sockets.dropFirst(loops.count + 1) { socket.close() }
            await Self.close(loops)
            throw error
        }
        self.loops = loops
    }

    private static func startLoop(
        _ socket: ListeningSocket, loopCount: Int, openConnections: Gauge,
        makeContext: @escaping @Sendable (EventLoop) -> ConnectionContext
    ) async throws(UVError) -> LoopBound<ServerLoop> {
        let loop: EventLoop
        do throws(UVError) {
            loop = try EventLoop()
        } catch {
            socket.close()
            throw error
        }
        let result: Result<LoopBound<ServerLoop>, UVError> = await withCheckedContinuation { continuation in
            loop.atEndOfTurn {
                let server = ServerLoop(
                    context: makeContext(loop), loopCount: loopCount, openConnections: openConnections)
                do throws(UVError) {
                    try server.listen(on: socket)
                    continuation.resume(returning: .success(LoopBound(server, on: loop)))
                } catch {
                    server.close()
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        if case .failure = result { await loop.stop() }
        return try result.get()
    }

    /// Refuses new connections, waits until the open ones have had their responses, interrupts those that are left two
    /// seconds before `drainTimeout` is over, and ends the loops when it is.
    package func shutDown(drainTimeout: Duration) async {
        let end = ContinuousClock.now + drainTimeout
        perform { $0.drain() }
        await waitUntilIdle(until: end - Self.interruptGrace) { !self.isForced.load(ordering: .relaxed) }
        if !isIdle {
            perform { $0.interrupt() }
            await waitUntilIdle(until: min(end, ContinuousClock.now + Self.interruptGrace)) { true }
        }
        for subscription in subscriptions.withLock({ $0 }) { subscription.close() }
        await Self.close(loops)
    }

    /// Ends the wait of a shutdown that is under way.
    package func forceShutdown() { isForced.store(true, ordering: .relaxed) }

    private var isIdle: Bool { openConnections.value == 0 && tasks.value == 0 }

    private func waitUntilIdle(
        until end: ContinuousClock.Instant, while condition: @Sendable () -> Bool
    ) async {
        while !isIdle && condition() && ContinuousClock.now < end {
            // A caller that is cancelled still wants its responses finished: the sleep returns at once, the loop goes on.
            await Self.pause()
        }
    }

    /// Waits one poll interval, also in a cancelled task.
    private static func pause() async {
        await Task.detached { try? await Task.sleep(for: poll) }.value
    }

    private func perform(_ action: @escaping @Sendable (ServerLoop) -> Void) {
        for bound in loops { bound.loop.atEndOfTurn { bound.withValue { action($0) } } }
    }

    private static func close(_ loops: [LoopBound<ServerLoop>]) async {
        for bound in loops { bound.loop.atEndOfTurn { bound.withValue { $0.close() } } }
        for bound in loops { await bound.loop.stop() }
    }

    /// Calls back on a loop when the process receives one of `signals`, from the moment this returns until the loops
    /// end.
    package nonisolated(nonsending) func watchSignals(
        _ signals: [Int32], onSignal: @escaping @Sendable () -> Void
    ) async {
        guard let loop = loops.first?.loop else { return }
        let subscription = await SignalSubscription(signals, on: loop, onSignal: onSignal)
        subscriptions.withLock { $0.append(subscription) }
    }
}
