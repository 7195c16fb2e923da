internal import Logging
internal import MartletCurl
internal import MartletHTTP
internal import MartletJSON
internal import MartletUV

/// Asks, as long as the gateway runs, which addresses the names of upstreams have, and their servers whether they are well
/// and which models they have.
final class Discovery: Sendable {
    /// Finds the addresses of a name; nil if it fails.
    typealias Resolve = @Sendable (String) async -> [IPAddress]?

    /// The checks of one server.
    private struct Watch {
        let server: FleetServer
        /// The first check. Returns when the server listed models.
        let first: Task<ContinuousClock.Instant?, Never>
        /// All others.
        let rest: Task<Void, Never>

        func cancel() {
            first.cancel()
            rest.cancel()
        }
    }

    private let fleet: Fleet
    private let onChange: @Sendable () -> Void
    private let transport = CurlTransport()
    private let resolve: Resolve
    private let logger: Logger
    /// Nil when the gateway has ended.
    private let watches = Locked<[Watch]?>([])
    /// The resolutions; nil before the first one and when the gateway has ended.
    private let resolutions = Locked<Task<Void, Never>?>(nil)

    private static let timeout = Duration.seconds(5)
    private static let resolutionInterval = Duration.seconds(30)

    /// - Parameter onChange: Called, on any thread, when the list of all models has changed.
    init(
        _ fleet: Fleet, resolvingBy resolve: @escaping Resolve, logger: Logger, onChange: @escaping @Sendable () -> Void
    ) {
        (self.fleet, self.resolve, self.logger, self.onChange) = (fleet, resolve, logger, onChange)
    }

    /// Asks the system, on a thread that is started when it is needed.
    static func systemResolver() -> Resolve {
        let resolver = Locked<NameResolver?>(nil)
        return { host in
            let known = resolver.withLock { resolver in
                resolver = resolver ?? (try? NameResolver())
                return resolver
            }
            return await known?.addresses(of: host, within: timeout)
        }
    }

    /// Asks every server once, all at the same time, and goes on in the background.
    func start() async {
        await resolveAll()
        let task = Task { [weak self] in
            while (try? await Task.sleep(for: Self.resolutionInterval)) != nil {
                guard let self else { return }
                await resolveAll()
            }
        }
        resolutions.withLock { $0 = task }
        follow()
        for watch in watches.withLock({ $0 ?? [] }) { _ = await watch.first.value }
    }

    /// Begins to ask servers that are new or have new settings, and ends it for those that are gone.
    func follow() {
        watches.withLock { watches in
            guard let known = watches else { return }
            let servers = fleet.servers
            for watch in known where !servers.contains(where: { $0 === watch.server }) { watch.cancel() }
            watches = servers.map { server in known.first { $0.server === server } ?? watch(server) }
        }
    }

    /// Resolves the names of all upstreams. A name that cannot be resolved keeps its addresses.
    func resolveAll() async {
        await withTaskGroup { group in
            for host in Set(fleet.upstreams.compactMap(\.resolvedHost)) {
                group.addTask {
                    guard let addresses = await self.resolve(host), !addresses.isEmpty, !Task.isCancelled else {
                        return
                    }
                    if self.fleet.didResolve(host, to: addresses) { self.onChange() }
                }
            }
        }
        follow()
    }

    /// As `resolveAll`, without waiting.
    func resolveSoon() { Task { [weak self] in await self?.resolveAll() } }

    func stop() async {
        resolutions.withLock { $0.take() }?.cancel()
        for watch in watches.withLock({ $0.take() }) ?? [] { watch.cancel() }
        await transport.shutDown()
    }

    private func watch(_ server: FleetServer) -> Watch {
        let first = Task { [weak self] () -> ContinuousClock.Instant? in await self?.check(server, lastList: nil) }
        let rest = Task { [weak self] in
            var lastList = await first.value
            while let interval = self?.fleet.configuration.healthInterval {
                let pause = interval * Double.random(in: 0.8...1.2)
                guard (try? await Task.sleep(for: pause)) != nil, let self else { return }
                lastList = await check(server, lastList: lastList)
            }
        }
        return Watch(server: server, first: first, rest: rest)
    }

    /// Asks a server. Returns when it has listed models last.
    private func check(
        _ server: FleetServer, lastList: ContinuousClock.Instant?
    ) async -> ContinuousClock.Instant? {
        let upstream = server.upstream
        if let path = upstream.kind.healthPath {
            let isWell = await get(path, of: server) != nil
            if Task.isCancelled { return lastList }
            fleet.didCheck(id: server.id, passed: isWell)
            if !isWell { return lastList }
        }
        if upstream.models != nil { return lastList }
        // Those without health checks are not to be asked all the time.
        if upstream.kind.healthPath == nil, let lastList, .now - lastList < .seconds(60) { return lastList }
        guard let content = await get("/v1/models", of: server), !Task.isCancelled,
            let list = (try? JSONValue(parsing: content))?.object?["data"]?.array
        else { return lastList }
        let ids = list.compactMap { $0.object?["id"]?.string }
        if fleet.didList(ids, id: server.id) { onChange() }
        return ids.isEmpty ? lastList : .now
    }

    /// The content of a resource; nil if it is not there in time.
    private func get(_ path: String, of server: FleetServer) async -> [UInt8]? {
        var fields = HTTPFields()
        if let key = server.key { fields.append("authorization", "Bearer \(key)") }
        var request = OutgoingRequest(
            .get, server.url(of: path), fields: fields, connectTimeout: Self.timeout)
        request.connect(to: server)
        let transfer = transport.begin(request)
        let timer = Task {
            if (try? await Task.sleep(for: Self.timeout)) != nil { transfer.cancel() }
        }
        defer { timer.cancel() }
        var content: [UInt8] = []
        var fault: String?
        do {
            let head = try await transfer.head()
            while let more = try await transfer.next(), content.count < 4 << 20 { content += more }
            if !(200..<300).contains(head.status.code) { fault = "status \(head.status.code)" }
        } catch {
            fault = error.kind == .cancelled ? "no answer within 5 s" : error.message
        }
        if Task.isCancelled { return nil }
        report(fault.map { "GET \(path): \($0)" }, of: server)
        return fault == nil ? content : nil
    }

    /// Says in the log when a server begins to fail, fails for another reason, or answers again.
    private func report(_ fault: String?, of server: FleetServer) {
        guard fleet.set(fault: fault, id: server.id) else { return }
        if let fault {
            logger.warning("the upstream \(server.name) does not answer as it should: \(fault)")
        } else {
            logger.notice("the upstream \(server.name) answers again")
        }
    }
}
