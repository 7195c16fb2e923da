internal import CCurl
internal import MartletHTTP
internal import MartletUV

/// libcurl's easy handle for the requests to one resource, one after the other, with the memory that it points to. They all
/// have content, or none of them: libcurl would go on sending what it was told to send before. On the loop's thread only.
final class CurlEasy {
    let handle: UnsafeMutableRawPointer
    /// Counts the transfers.
    private(set) var number = 0
    /// That of the active transfer.
    private(set) var receiver: (any CurlReceiver)?
    private let url: String
    private let method: HTTPMethod
    private let address: String?
    private let certificateAuthorityFile: String?
    private let hasBody: Bool
    /// Where to connect, which libcurl does not copy.
    private var connectTo: UnsafeMutablePointer<curl_slist>?
    private let sockets: CurlSockets
    private let errorText: UnsafeMutablePointer<CChar>
    private var connectTimeout = 0
    private var fieldList = CurlFieldList()
    private var body = CurlBody()
    private var head = CurlHead()
    private var needsFreshConnection = false
    /// Whether the connection that was to be used had bytes that nobody has asked for.
    private(set) var hadUnexpectedBytes = false

    init(for request: OutgoingRequest, settings: CurlSettings, sockets: CurlSockets) throws(TransportError) {
        guard let handle = curl_easy_init() else { throw TransportError(.other, "libcurl is out of memory.") }
        self.handle = handle
        (url, method, address, self.sockets) = (request.url, request.method, request.address, sockets)
        certificateAuthorityFile = request.certificateAuthorityFile
        hasBody = !request.body.isEmpty
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        setUpConnection(settings)
        setUpRequest()
        setUpCallbacks()
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(connectTo)
        errorText.deallocate()
    }

    private func set(_ option: CURLoption, _ value: Int) { ccurl_set_long(handle, option, value) }
    private func set(_ option: CURLoption, _ value: String) { ccurl_set_string(handle, option, value) }

    // MARK: For all requests

    private func setUpConnection(_ settings: CurlSettings) {
        set(CURLOPT_URL, url)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_NOSIGNAL, 1)
        // The client follows redirects itself, since it knows which fields are secret.
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_MAXAGE_CONN, settings.idleConnectionSeconds)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        let version = settings.allowsHTTP2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1
        set(CURLOPT_HTTP_VERSION, version)
        // Concurrent requests to one host wait for the first connection and share it.
        if isTLS { set(CURLOPT_PIPEWAIT, 1) }
        if let proxy = settings.proxy { set(CURLOPT_PROXY, proxy) }
        if let path = settings.unixSocketPath { set(CURLOPT_UNIX_SOCKET_PATH, path) }
        if let file = certificateAuthorityFile {
            set(CURLOPT_CAINFO, file)
            // libcurl would keep what it has read for a day.
            set(CURLOPT_CA_CACHE_TIMEOUT, 0)
        } else if let file = settings.certificateAuthorityFile {
            set(CURLOPT_CAINFO, file)
        }
        if let address {
            // HOST:PORT:CONNECT-TO-HOST:CONNECT-TO-PORT, in which an empty host is any, and an empty port stays.
            connectTo = curl_slist_append(
                nil, address.utf8.contains(UInt8(ascii: ":")) ? "::[\(address)]:" : "::\(address):")
            ccurl_set_list(handle, CURLOPT_CONNECT_TO, connectTo)
        }
        sockets.observe(handle)
    }

    private var isTLS: Bool { url.utf8.prefix(6).elementsEqual("https:".utf8) { $0 | 0x20 == $1 | 0x20 } }

    private func setUpRequest() {
        switch method {
        case .post: set(CURLOPT_POST, 1)
        case _ where hasBody:
            set(CURLOPT_POST, 1)
            set(CURLOPT_CUSTOMREQUEST, method.rawValue)
        case .get: set(CURLOPT_HTTPGET, 1)
        case .head: set(CURLOPT_NOBODY, 1)
        default: set(CURLOPT_CUSTOMREQUEST, method.rawValue)
        }
        // libcurl decodes the content as it arrives. An Accept-Encoding field of the request does not change that.
        set(CURLOPT_ACCEPT_ENCODING, "gzip")
    }

    private func setUpCallbacks() {
        let this = Unmanaged.passUnretained(self).toOpaque()
        if !isTLS {
            ccurl_set_pointer(handle, CURLOPT_PREREQDATA, this)
            ccurl_set_prerequest_callback(handle) { this, _, _, _, port in
                CurlEasy.of(this).mayUseConnection(from: port) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
            }
        }
        ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText)
        ccurl_set_pointer(handle, CURLOPT_HEADERDATA, this)
        ccurl_set_pointer(handle, CURLOPT_WRITEDATA, this)
        ccurl_set_data_callback(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, this in
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            return CurlEasy.of(this).didReceive(line: line) ? line.count : 0
        }
        ccurl_set_data_callback(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, this in
            let bytes = UnsafeRawBufferPointer(start: bytes, count: size * count)
            switch CurlEasy.of(this).receiver?.didReceive(bytes) {
            case .taken: return bytes.count
            case .paused: return Int(CURL_WRITEFUNC_PAUSE)
            case .refused, nil: return Int(CURL_WRITEFUNC_ERROR)
            }
        }
    }

    private static func of(_ pointer: UnsafeMutableRawPointer?) -> CurlEasy {
        // The pointer was set in `setUpCallbacks`.
        Unmanaged<CurlEasy>.fromOpaque(pointer!).takeUnretainedValue()
    }

    // MARK: One request

    /// Whether the handle is made for requests like this one.
    func serves(_ request: OutgoingRequest) -> Bool {
        method == request.method && url == request.url && address == request.address
            && hasBody == !request.body.isEmpty && certificateAuthorityFile == request.certificateAuthorityFile
    }

    func begin(_ request: OutgoingRequest, for receiver: any CurlReceiver) {
        self.receiver = receiver
        let connect = Int(min(max(1, request.connectTimeout / .milliseconds(1)), Double(Int32.max)))
        if connect != connectTimeout { set(CURLOPT_CONNECTTIMEOUT_MS, connect) }
        connectTimeout = connect
        if hasBody || method == .post {
            body.set(request.body)
            ccurl_set_pointer(handle, CURLOPT_POSTFIELDS, body.address)
            ccurl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
        }
        fieldList.set(request.fields)
        ccurl_set_list(handle, CURLOPT_HTTPHEADER, fieldList.first)
        if needsFreshConnection { set(CURLOPT_FRESH_CONNECT, 0) }
        (needsFreshConnection, hadUnexpectedBytes) = (false, false)
        errorText.pointee = 0
    }

    /// Forgets the request, after the handle was taken out of the multi handle. Returns its receiver.
    @discardableResult
    func end() -> (any CurlReceiver)? {
        defer { (receiver, head) = (nil, CurlHead()) }
        number += 1
        body.clear()
        return receiver
    }

    /// Sends the request on a connection of its own, after one that had unexpected bytes.
    func useFreshConnection() {
        (needsFreshConnection, hadUnexpectedBytes) = (true, false)
        set(CURLOPT_FRESH_CONNECT, 1)
    }

    /// Whether the request may go out on the connection from a local port. A peer may have sent more than its last response,
    /// such as a timeout's 408, which would be taken for the next one.
    private func mayUseConnection(from port: Int32) -> Bool {
        hadUnexpectedBytes = sockets.hasUnexpectedBytes(from: port)
        return !hadUnexpectedBytes
    }

    // MARK: The response

    /// A line of a head or of trailers, with its CRLF. Returns false, which ends the transfer, for what must not be.
    private func didReceive(line: UnsafeRawBufferPointer) -> Bool {
        switch head.receive(line) {
        case .more: return true
        case .complete:
            let status = head.status
            let redirect = (300..<400).contains(status) ? head.fields["Location"].flatMap(absolute) : nil
            receiver?.didReceive(IncomingHead(HTTPStatus(status), fields: head.fields, redirectURL: redirect))
            return true
        case .invalid: return false
        }
    }

    /// Resolves a reference against the request's URL (RFC 3986 §5.2).
    private func absolute(_ reference: String) -> String? {
        guard let parts = curl_url() else { return nil }
        defer { curl_url_cleanup(parts) }
        var whole: UnsafeMutablePointer<CChar>?
        guard curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK,
            curl_url_set(parts, CURLUPART_URL, reference, 0) == CURLUE_OK,
            curl_url_get(parts, CURLUPART_URL, &whole, 0) == CURLUE_OK, let whole
        else { return nil }
        defer { curl_free(whole) }
        return String(cString: whole)
    }

    // MARK: Errors

    func error(for result: CURLcode) -> TransportError {
        let detail = String(cString: errorText)
        let message = detail.isEmpty ? String(cString: curl_easy_strerror(result)) : detail
        // One code covers unsupported schemes and peers that do not speak HTTP; the latter's message contains "HTTP/0.9".
        let kind = detail.contains("HTTP/0.9") ? .protocolError : Self.kind(of: result)
        return TransportError(kind, message + (message.hasSuffix(".") ? "" : "."))
    }

    private static func kind(of result: CURLcode) -> TransportError.Kind {
        switch result {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .badURL
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .unknownHost
        case CURLE_COULDNT_CONNECT: .connectFailed
        // The connect timeout is the only one that is set.
        case CURLE_OPERATION_TIMEDOUT: .connectTimedOut
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
            .tls
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_HTTP2,
            CURLE_HTTP2_STREAM:
            .connectionLost
        case CURLE_WEIRD_SERVER_REPLY, CURLE_WRITE_ERROR, CURLE_BAD_CONTENT_ENCODING: .protocolError
        default: .other
        }
    }
}
