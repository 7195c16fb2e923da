package import MartletUV
internal import Synchronization

/// Loops that share listening addresses, from binding to shutdown.
package final class HTTPServer: Sendable {
    /// How often a shutdown checks whether the server is idle.
    private static let poll = Duration.milliseconds(10)
    /// The part of the drain time that is left to interrupted responses, for their errors and for the end of their tasks.
    private static let interruptGrace = Duration.seconds(2)

    /// The bound addresses in the order given; the ports are the actual ones also where port 0 was requested.
    package let addresses: [SocketAddress]
    private let openConnections: Gauge
    private let tasks: Gauge
    private let loops: [LoopBound<ServerLoop>]
    private let subscriptions = Locked<[SignalSubscription]>([])
    private let isForced = Atomic<Bool>(false)
    /// When the drain began.
    private let drainStart = Locked<ContinuousClock.Instant?>(nil)

    /// Starts `loopCount` loops, which accept connections after `listen()`.
    ///
    /// - Parameters:
    ///   - addresses: The sockets of each address, one for each loop. Closed if this throws.
    ///   - makeContext: Runs once on each loop, whose connections share the result.
    package init(
        _ addresses: [[ListeningSocket]], loopCount: Int, openConnections: Gauge, tasks: Gauge,
        makeContext: @escaping @Sendable (EventLoop) -> ConnectionContext
    ) async throws(UVError) {
        self.addresses = addresses.compactMap { $0.first?.address }
        self.openConnections = openConnections
        self.tasks = tasks
        var loops: [LoopBound<ServerLoop>] = []
        do throws(UVError) {
            for index in 0..<loopCount {
                let loop = try EventLoop()
                let sockets = addresses.compactMap { $0.indices.contains(index) ? $0[index] : nil }
                loops.append(
                    await loop.perform {
                        LoopBound(
                            ServerLoop(
                                sockets, context: makeContext(loop), loopCount: loopCount,
                                openConnections: openConnections), on: loop)
                    })
            }
        } catch {
            for sockets in addresses { for socket in sockets.dropFirst(loops.count) { socket.close() } }
            await Self.close(loops)
            throw error
        }
        self.loops = loops
    }

    /// Accepts connections. To be called once. The server must be shut down also if this throws.
    package func listen() async throws(UVError) {
        for bound in loops {
            let result = await bound.loop.perform {
                bound.withValue { server in Result { () throws(UVError) in try server.listen() } }
            }
            try result.get()
        }
    }

    /// Refuses new connections, and closes open ones after their responses. Only the first call has an effect.
    package func drain() {
        let isFirst = drainStart.withLock { start in
            defer { start = start ?? .now }
            return start == nil
        }
        if isFirst { perform { $0.drain() } }
    }

    /// Waits until all connections have received their responses, interrupts the remaining ones two seconds before
    /// `drainTimeout` has passed since the drain began, and ends the loops when it has.
    package func shutDown(drainTimeout: Duration) async {
        drain()
        let end = (drainStart.withLock { $0 } ?? .now) + drainTimeout
        await waitUntilIdle(until: end - Self.interruptGrace) { !self.isForced.load(ordering: .relaxed) }
        if !isIdle {
            perform { $0.interrupt() }
            await waitUntilIdle(until: min(end, ContinuousClock.now + Self.interruptGrace)) { true }
        }
        for subscription in subscriptions.withLock({ $0 }) { subscription.close() }
        await Self.close(loops)
    }

    /// Interrupts the active responses now. A shutdown does not wait for its timeout.
    package func forceShutdown() {
        isForced.store(true, ordering: .relaxed)
        perform { $0.interrupt() }
    }

    private var isIdle: Bool { openConnections.value == 0 && tasks.value == 0 }

    private func waitUntilIdle(
        until end: ContinuousClock.Instant, while condition: @Sendable () -> Bool
    ) async {
        while !isIdle && condition() && ContinuousClock.now < end {
            // Responses are finished also when the caller is cancelled, where a sleep in its task would return at once.
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

    /// Calls back on a loop when the process receives one of `signals`, from the return of this function until the loops
    /// end.
    package nonisolated(nonsending) func watchSignals(
        _ signals: [Int32], onSignal: @escaping @Sendable () -> Void
    ) async {
        guard let loop = loops.first?.loop else { return }
        let subscription = await SignalSubscription(signals, on: loop, onSignal: onSignal)
        subscriptions.withLock { $0.append(subscription) }
    }
}
