public import Logging
public import Martlet
internal import MartletCurl
internal import MartletHTTP
internal import MartletUV

/// A backend that relays requests to other servers of OpenAI's API: vLLM, SGLang, llama.cpp, Ollama, OpenAI, other Martlets.
///
/// ```swift
/// try await serve(Gateway(["http://gpu-1:8000", "http://gpu-2:8000"]))
/// ```
public final class Gateway: RelayingBackend {
    let fleet: Fleet
    let transports = LoopTransports()
    let discovery: Discovery
    private let changes: AsyncStream<Void>.Continuation
    /// Made for the first request that is not relayed on the client's loop.
    private let ownTransport = Locked<CurlTransport?>(nil)
    public let modelChanges: AsyncStream<Void>

    /// - Parameter logger: Gets a line when an upstream begins to fail, and when it answers again.
    /// - Throws: `GatewayError` for no upstreams, and for two of the same name.
    public convenience init(
        _ upstreams: [Upstream], configuration: GatewayConfiguration = GatewayConfiguration(),
        logger: Logger = Logger(label: "martlet")
    ) throws(GatewayError) {
        try self.init(
            upstreams, configuration: configuration, logger: logger, resolvingBy: Discovery.systemResolver())
    }

    /// - Parameter resolve: Finds the addresses of a name; nil if it fails.
    init(
        _ upstreams: [Upstream], configuration: GatewayConfiguration, logger: Logger = Logger(label: "martlet"),
        resolvingBy resolve: @escaping Discovery.Resolve
    ) throws(GatewayError) {
        try Self.check(upstreams)
        let (stream, changes) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        (modelChanges, self.changes) = (stream, changes)
        fleet = Fleet(configuration)
        _ = fleet.update(upstreams.map { ($0, nil) }, configuration)
        discovery = Discovery(fleet, resolvingBy: resolve, logger: logger) { changes.yield() }
    }

    // MARK: Upstreams

    /// Replaces the upstreams and the configuration while the gateway runs: all of it, or nothing if it throws.
    ///
    /// An upstream is the same as one before if name, URL and kind are: what is known of its health, load, models and cache
    /// stays, and its requests go on. One that is gone gets no new requests and ends those that it has. Keys are read anew.
    /// `GatewayConfiguration.maxConcurrency` stays what it was when the server started.
    ///
    /// - Throws: `GatewayError` for no upstreams, for two of the same name, and if a key is not where it should be.
    public func update(_ upstreams: [Upstream], configuration: GatewayConfiguration) throws(GatewayError) {
        try Self.check(upstreams)
        let changesModels = fleet.update(try Self.withKeys(upstreams), configuration)
        discovery.follow()
        discovery.resolveSoon()
        if changesModels { changes.yield() }
    }

    /// Gives an upstream no new requests until `undrain(upstream:)`; those that it has go on. That also holds after an
    /// `update` with an upstream of this name.
    ///
    /// - Returns: How many requests are active there; nil if no upstream has the name.
    @discardableResult
    public func drain(upstream name: String) -> Int? { fleet.setDrained(true, upstream: name) }

    /// Gives an upstream requests again after `drain(upstream:)`.
    ///
    /// - Returns: How many requests are active there; nil if no upstream has the name.
    @discardableResult
    public func undrain(upstream name: String) -> Int? { fleet.setDrained(false, upstream: name) }

    /// What is known of each server, in the order of the configuration; those that are configured no longer and only end
    /// requests are last.
    public var reports: [UpstreamReport] { fleet.reports }

    private static func check(_ upstreams: [Upstream]) throws(GatewayError) {
        if upstreams.isEmpty { throw GatewayError("A gateway needs an upstream.") }
        var names: Set<String> = []
        for upstream in upstreams where !names.insert(upstream.name).inserted {
            throw GatewayError("Two upstreams have the name \(upstream.name): give one of them another.")
        }
        for upstream in upstreams
        where upstream.name.isEmpty
            || upstream.name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        {
            throw GatewayError(
                "The name of an upstream must not be empty, and have no control characters, but one is "
                    + upstream.name.debugDescription + ".")
        }
    }

    private static func withKeys(_ upstreams: [Upstream]) throws(GatewayError) -> [(upstream: Upstream, key: String?)] {
        var result: [(upstream: Upstream, key: String?)] = []
        for upstream in upstreams { result.append((upstream, try upstream.key?.read(for: upstream.name))) }
        return result
    }

    // MARK: Backend

    public var placement: Placement { .loop }
    /// Models run on the upstreams' devices, which are not known.
    public var deviceKind: String { "remote" }
    public var maxConcurrency: Int { fleet.configuration.maxConcurrency }
    public var yieldsWhilePaused: Bool { false }
    public var retainedBody: RetainedBody { .bytes }
    public var modelOwner: String { "upstream" }
    public var isReady: Bool { fleet.isReady }

    /// Until every upstream has listed its models, a request for one that is not known may be for theirs.
    public var resolvesUnknownModels: Bool { !fleet.isComplete }

    public func listModels() -> [Model] { fleet.models.map { Model(id: $0) } }

    /// Reads the keys and asks the upstreams for their models. One that does not answer is asked again later.
    ///
    /// - Throws: `GatewayError` if a key is not where it should be.
    public func start() async throws {
        _ = fleet.update(try Self.withKeys(fleet.upstreams), fleet.configuration)
        await discovery.start()
    }

    public func shutdown() async {
        await discovery.stop()
        await ownTransport.withLock { $0.take() }?.shutDown()
    }

    // MARK: Relaying

    /// Of requests that are passed through.
    var transport: CurlTransport {
        ownTransport.withLock { transport in
            let current = transport ?? CurlTransport()
            transport = current
            return current
        }
    }

    /// Requests of the Responses and Messages APIs are relayed only if every upstream of the model has the API: they must not
    /// be answered in two ways, depending on which one gets them.
    public func relays(_ endpoint: RelayEndpoint, model: String) -> Bool {
        UpstreamAPI(endpoint) == nil || fleet.serves(endpoint, model: model)
    }

    public func relay(_ request: RelayRequest, to sink: RelaySink) async throws {
        try await RelayRun(request, to: sink, by: self).run()
    }
}

/// Why a gateway cannot be made or started.
public struct GatewayError: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
