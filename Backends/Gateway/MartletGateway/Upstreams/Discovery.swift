internal import MartletCurl
internal import MartletHTTP
internal import MartletJSON
internal import MartletUV

/// Asks upstreams, as long as the gateway runs, whether they are well and which models they have.
final class Discovery: Sendable {
    private let fleet: Fleet
    private let interval: Duration
    private let onChange: @Sendable () -> Void
    private let transport = CurlTransport()
    private let tasks = Locked<[Task<Void, Never>]>([])
    /// By upstream.
    private let lists: Locked<[ModelList]>

    private struct ModelList {
        /// When it had models last.
        var last: ContinuousClock.Instant?

        func isDue(at now: ContinuousClock.Instant) -> Bool { last.map { now - $0 >= .seconds(60) } ?? true }
    }

    private static let timeout = Duration.seconds(5)

    /// - Parameter onChange: Called, on any thread, when the list of all models has changed.
    init(_ fleet: Fleet, interval: Duration, onChange: @escaping @Sendable () -> Void) {
        (self.fleet, self.interval, self.onChange) = (fleet, interval, onChange)
        lists = Locked(fleet.upstreams.map { _ in ModelList() })
    }

    /// Asks every upstream once, all at the same time, and goes on in the background.
    func start(keys: [String?]) async {
        await withTaskGroup { group in
            for (server, key) in zip(fleet.upstreams.indices, keys) {
                group.addTask { _ = await self.check(server, key) }
            }
        }
        tasks.withLock { tasks in
            tasks = zip(fleet.upstreams.indices, keys).map { server, key in
                Task { [weak self] in
                    while let interval = self?.interval {
                        let pause = interval * Double.random(in: 0.8...1.2)
                        guard (try? await Task.sleep(for: pause)) != nil, let self else { return }
                        if await check(server, key) { onChange() }
                    }
                }
            }
        }
    }

    func stop() async {
        for task in tasks.withLock({ $0 }) { task.cancel() }
        await transport.shutDown()
    }

    /// Returns whether the list of all models has changed.
    private func check(_ server: Int, _ key: String?) async -> Bool {
        let upstream = fleet.upstreams[server]
        if let path = upstream.kind.healthPath {
            let isWell = await get(upstream.url(of: path), key) != nil
            fleet.didCheck(server: server, passed: isWell)
            if !isWell { return false }
        }
        if upstream.models != nil { return false }
        // Those without health checks are not to be asked all the time.
        if upstream.kind.healthPath == nil, !lists.withLock({ $0[server].isDue(at: .now) }) { return false }
        guard let content = await get(upstream.url(of: "/v1/models"), key),
            let list = (try? JSONValue(parsing: content))?.object?["data"]?.array
        else { return false }
        let ids = list.compactMap { $0.object?["id"]?.string }
        if !ids.isEmpty { lists.withLock { $0[server].last = .now } }
        return fleet.didList(ids, server: server)
    }

    /// The content of a resource; nil if it is not there in time.
    private func get(_ url: String, _ key: String?) async -> [UInt8]? {
        var fields = HTTPFields()
        if let key { fields.append("authorization", "Bearer \(key)") }
        let transfer = transport.begin(OutgoingRequest(.get, url, fields: fields, connectTimeout: Self.timeout))
        let timer = Task {
            if (try? await Task.sleep(for: Self.timeout)) != nil { transfer.cancel() }
        }
        defer { timer.cancel() }
        do {
            let head = try await transfer.head()
            var content: [UInt8] = []
            while let more = try await transfer.next(), content.count < 4 << 20 { content += more }
            return (200..<300).contains(head.status.code) ? content : nil
        } catch {
            return nil
        }
    }
}
