public import MartletHTTP
internal import MartletUV

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Outgoing HTTP: libcurl's multi interface on an event loop with its own thread. Reuses connections and supports TLS,
/// HTTP/1.1, HTTP/2 and proxies.
///
/// One transport serves any number of clients; `shared` is sufficient unless a setting must differ.
public final class CurlTransport: HTTPTransport {
    /// A transport with default settings, created at its first use and never freed.
    public static let shared = CurlTransport()

    /// The settings given at creation.
    public let settings: CurlSettings
    private let curl: Result<LoopBound<CurlLoop>, TransportError>

    /// Starts the loop's thread.
    public init(settings: CurlSettings = CurlSettings()) {
        self.settings = settings
        do {
            let loop = try EventLoop()
            curl = .success(LoopBound(try CurlLoop(on: loop, settings: settings), on: loop))
        } catch {
            curl = .failure(TransportError(.other, "No loop for outgoing connections: \(error)."))
        }
    }

    deinit {
        // Active transfers retain the transport, so there are none here.
        if case .success(let curl) = curl { Task.detached { await Self.close(curl) } }
    }

    public func begin(_ request: OutgoingRequest) -> any HTTPTransfer {
        CurlTransfer(request, on: curl, of: self)
    }

    /// Cancels active transfers, closes all connections and ends the thread. Later requests fail.
    public func shutDown() async {
        if case .success(let curl) = curl { await Self.close(curl) }
    }

    private static func close(_ curl: LoopBound<CurlLoop>) async {
        curl.loop.atEndOfTurn { curl.withValue { $0.close() } }
        await curl.loop.stop()
    }
}

/// The settings of outgoing connections.
public struct CurlSettings: Sendable {
    /// The proxy's URL (`http://proxy:3128`, `socks5://…`); empty for none; nil to use `http_proxy`, `https_proxy`,
    /// `all_proxy` and `no_proxy` of the environment.
    public var proxy: String?
    /// A Unix socket to connect to instead of the URL's host.
    public var unixSocketPath: String?
    /// A PEM file of trusted certificates; nil for the system's. By default the file that `CURL_CA_BUNDLE` or else
    /// `SSL_CERT_FILE` of the environment names, as in the curl command.
    public var certificateAuthorityFile = Self.authorityFileOfEnvironment
    /// Whether to negotiate HTTP/2 over TLS.
    public var allowsHTTP2 = true
    /// The idle time in seconds after which a connection is not reused. Servers may close idle connections after as
    /// little as 5 s; libcurl then retries on a new connection.
    public var idleConnectionSeconds = 90
    /// The number of buffered bytes above which a transfer pauses its peer.
    public var bufferBytes = 64 * 1024

    /// The defaults.
    public init() {}

    private static var authorityFileOfEnvironment: String? {
        let environment = ProcessInfo.processInfo.environment
        return ["CURL_CA_BUNDLE", "SSL_CERT_FILE"].compactMap { environment[$0] }.first { !$0.isEmpty }
    }
}
