import Logging
import Martlet
import MartletGateway
import MartletUV

/// Keeps a gateway as its configuration file says: reads the file again on SIGHUP, and when it has changed. One that is
/// wrong changes nothing.
final class GatewayFileWatch: Sendable {
    private enum Trigger { case signal, look }

    /// What was read last.
    private struct Known {
        var file: GatewayFile
        /// Of the file that was read last, also if it is wrong.
        var stamp: FileStamp?
        var fault: String?
    }

    private static let interval = Duration.seconds(5)
    /// For which a file that has changed must stay as it is: whoever writes it may not be done.
    private static let settlingTime = Duration.seconds(1)

    private let path: String
    private let file: GatewayFile
    private let gateway: Gateway
    private let prices: PriceTable
    private let loop: EventLoop
    /// The file system may hang.
    private let thread: ThreadPool
    private let tasks = Locked<[Task<Void, Never>]>([])
    private let subscription = Locked<SignalSubscription?>(nil)

    /// - Parameters:
    ///   - file: What the gateway and the prices have been made from.
    ///   - prices: Those of the server.
    /// - Throws: `UVError` if a thread cannot be started.
    init(_ path: String, _ file: GatewayFile, of gateway: Gateway, _ prices: PriceTable) throws(UVError) {
        (self.path, self.file, self.gateway, self.prices) = (path, file, gateway, prices)
        (loop, thread) = (try EventLoop(), try ThreadPool(count: 1))
    }

    func start(logger: Logger) async {
        let (triggers, continuation) = AsyncStream<Trigger>.makeStream(bufferingPolicy: .bufferingOldest(8))
        let subscription = await SignalSubscription([SignalWatcher.hangUp], on: loop) { continuation.yield(.signal) }
        self.subscription.withLock { $0 = subscription }
        let ticks = Task {
            while (try? await Task.sleep(for: Self.interval)) != nil { continuation.yield(.look) }
        }
        let reading = Task(executorPreference: thread) { await self.follow(triggers, logger) }
        tasks.withLock { $0 = [ticks, reading] }
    }

    func stop() async {
        subscription.withLock { $0.take() }?.close()
        for task in tasks.withLock({ $0 }) { task.cancel() }
        thread.stop()
        await loop.stop()
    }

    private func follow(_ triggers: AsyncStream<Trigger>, _ logger: Logger) async {
        var known = Known(file: file, stamp: file.stamp)
        for await trigger in triggers {
            switch trigger {
            case .signal: read(&known, isAsked: true, logger)
            case .look: if await hasChanged(since: known.stamp) { read(&known, isAsked: false, logger) }
            }
        }
    }

    private func hasChanged(since known: FileStamp?) async -> Bool {
        let stamp = try? FileStamp(of: path)
        if stamp == known { return false }
        try? await Task.sleep(for: Self.settlingTime)
        return (try? FileStamp(of: path)) == stamp
    }

    /// - Parameter isAsked: Whether the operator is waiting for the result.
    private func read(_ known: inout Known, isAsked: Bool, _ logger: Logger) {
        // Before the content, so that a change in between is noticed.
        known.stamp = try? FileStamp(of: path)
        do {
            let new = try GatewayFile(reading: path)
            try gateway.update(new.upstreams, configuration: new.configuration)
            prices.update(new.prices)
            logger.notice("\("\(path) has been read: \(new.changes(since: known.file))".escapingInvisibles())")
            (known.file, known.fault) = (new, nil)
        } catch {
            let fault = (error as? ConfigurationError)?.lines.joined(separator: "; ") ?? "\(path): \(error)"
            if isAsked || fault != known.fault {
                logger.error("\(fault.escapingInvisibles()); the gateway stays as it was")
            }
            known.fault = fault
        }
    }
}

extension GatewayFile {
    /// What is another than in the file before, by the names of upstreams.
    fileprivate func changes(since old: GatewayFile) -> String {
        var before: [String: Upstream] = [:]
        for upstream in old.upstreams { before[upstream.name] = upstream }
        let added = upstreams.filter { before[$0.name] == nil }
        let removed = old.upstreams.filter { upstream in !upstreams.contains { $0.name == upstream.name } }
        let changed = upstreams.filter { before[$0.name] ?? $0 != $0 }
        var parts = [("added", added), ("removed", removed), ("changed", changed)].compactMap { word, upstreams in
            upstreams.isEmpty ? nil : "\(word) \(upstreams.map(\.name).joined(separator: ", "))"
        }
        if configuration != old.configuration { parts.append("changed the settings") }
        if prices != old.prices { parts.append("changed the prices") }
        if passesThrough != old.passesThrough {
            parts.append("'pass_through' takes effect when the gateway starts again")
        }
        return parts.isEmpty ? "no setting has changed" : parts.joined(separator: "; ")
    }
}
