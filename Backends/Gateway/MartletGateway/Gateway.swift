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
    let configuration: GatewayConfiguration
    let fleet: Fleet
    let transports = LoopTransports()
    /// Of requests whose answers come as events.
    let transport = CurlTransport()
    private let discovery: Discovery
    private let keys = Locked<[String?]>([])
    public let modelChanges: AsyncStream<Void>

    /// - Throws: `GatewayError` for no upstreams, and for two of the same name.
    public init(
        _ upstreams: [Upstream], configuration: GatewayConfiguration = GatewayConfiguration()
    ) throws(GatewayError) {
        if upstreams.isEmpty { throw GatewayError("A gateway needs an upstream.") }
        var names: Set<String> = []
        for upstream in upstreams where !names.insert(upstream.name).inserted {
            throw GatewayError("Two upstreams have the name \(upstream.name): give one of them another.")
        }
        self.configuration = configuration
        fleet = Fleet(upstreams, routing: configuration.routing)
        let (changes, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        modelChanges = changes
        discovery = Discovery(fleet, interval: configuration.healthInterval) { continuation.yield() }
    }

    // MARK: Backend

    public var placement: Placement { .loop }
    public var maxConcurrency: Int { configuration.maxConcurrency }
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
        var found: [String?] = []
        for upstream in fleet.upstreams { found.append(try upstream.key?.read(for: upstream.name)) }
        keys.withLock { $0 = found }
        await discovery.start(keys: found)
    }

    public func shutdown() async {
        await discovery.stop()
        await transport.shutDown()
    }

    func key(of server: Int) -> String? { keys.withLock { $0.indices.contains(server) ? $0[server] : nil } }

    // MARK: Relaying

    public func relays(_ endpoint: RelayEndpoint, model: String) -> Bool { true }

    public func relay(_ request: RelayRequest, to sink: RelaySink) async throws {
        try await RelayRun(request, to: sink, by: self).run()
    }
}

/// Why a gateway cannot be made or started.
public struct GatewayError: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
