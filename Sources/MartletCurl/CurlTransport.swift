public import MartletHTTP
internal import MartletUV

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Everything outgoing: libcurl's multi interface on an event loop with a thread of its own. It keeps connections for
/// those that come later, speaks TLS, HTTP/1.1 and HTTP/2, and goes through proxies.
///
/// One transport serves any number of clients; `shared` does unless there is something to set.
public final class CurlTransport: HTTPTransport {
    /// Made when it is first used, with the settings' defaults; it lives as long as the process.
    public static let shared = CurlTransport()

    /// What was set.
    public let settings: CurlSettings
    private let multi: Result<LoopBound<CurlMulti>, TransportError>

    /// Starts the loop's thread.
    public init(settings: CurlSettings = CurlSettings()) {
        self.settings = settings
        do {
            let loop = try EventLoop()
            multi = .success(LoopBound(try CurlMulti(on: loop), on: loop))
        } catch {
            multi = .failure(TransportError(.other, "No loop for outgoing connections: \(error)."))
        }
    }

    deinit {
        // An exchange that is under way holds its transport: there is none any more.
        if case .success(let multi) = multi { Task.detached { await Self.close(multi) } }
    }

    public func begin(_ request: OutgoingRequest) -> any HTTPTransfer {
        CurlTransfer(request, on: multi, of: self)
    }

    /// Cancels what is under way, closes every connection and ends the thread. A request that begins later fails.
    public func shutDown() async {
        if case .success(let multi) = multi { await Self.close(multi) }
    }

    private static func close(_ multi: LoopBound<CurlMulti>) async {
        multi.loop.atEndOfTurn { multi.withValue { $0.close() } }
        await multi.loop.stop()
    }
}

/// What can be chosen about outgoing connections.
public struct CurlSettings: Sendable {
    /// The proxy's URL (`http://proxy:3128`, `socks5://…`); empty for none; nil for what `http_proxy`, `https_proxy`,
    /// `all_proxy` and `no_proxy` say in the environment.
    public var proxy: String?
    /// The socket to connect to, whatever host the URL names.
    public var unixSocketPath: String?
    /// A file of certificates, in PEM, to trust instead of the system's; nil for the system's. Unless set, it is the file
    /// that `CURL_CA_BUNDLE` names in the environment, or else `SSL_CERT_FILE`, as for curl's command.
    public var certificateAuthorityFile = Self.authorityFileOfEnvironment
    /// Whether HTTP/2 may be spoken over TLS.
    public var allowsHTTP2 = true
    /// After how many seconds without use a connection is not used again. Servers close theirs from 5 s on; one that was
    /// closed meanwhile costs a second try, which is made by itself.
    public var idleConnectionSeconds = 90
    /// How many bytes that nobody has taken wait in an exchange before its peer has to.
    public var bufferBytes = 64 * 1024

    /// The defaults.
    public init() {}

    private static var authorityFileOfEnvironment: String? {
        let environment = ProcessInfo.processInfo.environment
        return ["CURL_CA_BUNDLE", "SSL_CERT_FILE"].compactMap { environment[$0] }.first { !$0.isEmpty }
    }
}
