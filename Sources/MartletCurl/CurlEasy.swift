internal import CCurl
internal import MartletHTTP

/// libcurl's easy handle of one request, with the memory that it points to. On the loop's thread only.
final class CurlEasy {
    /// The size limit of a response's head, in bytes.
    private static let headLimit = 256 * 1024

    let handle: UnsafeMutableRawPointer
    private let url: String
    private unowned let receiver: any CurlReceiver
    private var fieldList: UnsafeMutablePointer<curl_slist>?
    /// libcurl sends from here: the bytes must not move.
    private let body: UnsafeMutableBufferPointer<UInt8>
    private let errorText: UnsafeMutablePointer<CChar>
    private var status = 0
    private var fields = HTTPFields()
    private var headBytes = 0
    /// Whether the head of the final response has been delivered to the transfer.
    private var isHeadDelivered = false
    /// Whether an idle connection from a local port has bytes to read.
    var hasUnexpectedBytes: ((Int32) -> Bool)?
    /// Whether the connection that was to be used had bytes that nobody has asked for.
    private(set) var hadUnexpectedBytes = false

    init(
        _ request: OutgoingRequest, settings: CurlSettings, for receiver: any CurlReceiver
    ) throws(TransportError) {
        guard let handle = curl_easy_init() else { throw TransportError(.other, "libcurl is out of memory.") }
        self.handle = handle
        self.receiver = receiver
        url = request.url
        // At least one byte: without an address libcurl would request the content through a callback.
        body = .allocate(capacity: max(1, request.body.count))
        _ = body.initialize(from: request.body)
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        setUpConnection(request, settings)
        setUpRequest(request)
        setUpCallbacks()
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(fieldList)
        body.deallocate()
        errorText.deallocate()
    }

    private func set(_ option: CURLoption, _ value: Int) { ccurl_set_long(handle, option, value) }
    private func set(_ option: CURLoption, _ value: String) { ccurl_set_string(handle, option, value) }

    private func setUpConnection(_ request: OutgoingRequest, _ settings: CurlSettings) {
        set(CURLOPT_URL, request.url)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_NOSIGNAL, 1)
        // The client follows redirects itself, since it knows which fields are secret.
        set(CURLOPT_FOLLOWLOCATION, 0)
        let connect = min(max(1, request.connectTimeout / .milliseconds(1)), Double(Int32.max))
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(connect))
        set(CURLOPT_MAXAGE_CONN, settings.idleConnectionSeconds)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        let version = settings.allowsHTTP2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1
        set(CURLOPT_HTTP_VERSION, version)
        // Concurrent requests to one host wait for the first connection and share it.
        if request.url.lowercased().hasPrefix("https:") { set(CURLOPT_PIPEWAIT, 1) }
        if let proxy = settings.proxy { set(CURLOPT_PROXY, proxy) }
        if let path = settings.unixSocketPath { set(CURLOPT_UNIX_SOCKET_PATH, path) }
        if let file = settings.certificateAuthorityFile { set(CURLOPT_CAINFO, file) }
    }

    private func setUpRequest(_ request: OutgoingRequest) {
        switch request.method {
        case .get: set(CURLOPT_HTTPGET, 1)
        case .head: set(CURLOPT_NOBODY, 1)
        default: set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        if !request.body.isEmpty || request.method == .post {
            set(CURLOPT_POST, 1)
            ccurl_set_pointer(handle, CURLOPT_POSTFIELDS, body.baseAddress)
            ccurl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
        }
        // libcurl removes a field whose name ends with a colon and has no value; a semicolon sends it empty.
        for (name, value) in request.fields { append(value.isEmpty ? "\(name);" : "\(name): \(value)") }
        // libcurl decodes the content as it arrives. An Accept-Encoding field of the request does not change that.
        set(CURLOPT_ACCEPT_ENCODING, "gzip")
        // Prevents Expect: 100-continue, for which libcurl would wait if the peer does not support it.
        append("Expect:")
        if !request.fields.contains("Content-Type") { append("Content-Type:") }
        ccurl_set_list(handle, CURLOPT_HTTPHEADER, fieldList)
    }

    private func append(_ line: String) {
        // Nil means out of memory; the list is then unchanged.
        if let list = curl_slist_append(fieldList, line) { fieldList = list }
    }

    /// Sends the request on a connection of its own, after one that had unexpected bytes.
    func useFreshConnection() {
        hadUnexpectedBytes = false
        set(CURLOPT_FRESH_CONNECT, 1)
    }

    /// Whether the request may go out on the connection from a local port. A peer may have sent more than its last response,
    /// such as a timeout's 408, which would be taken for the next one.
    private func mayUseConnection(from port: Int32) -> Bool {
        var count = 0
        guard ccurl_get_new_connections(handle, &count) == CURLE_OK, count == 0 else { return true }
        hadUnexpectedBytes = hasUnexpectedBytes?(port) ?? false
        return !hadUnexpectedBytes
    }

    private func setUpCallbacks() {
        if !url.lowercased().hasPrefix("https:") {
            ccurl_set_pointer(handle, CURLOPT_PREREQDATA, Unmanaged.passUnretained(self).toOpaque())
            ccurl_set_prerequest_callback(handle) { this, _, _, _, port in
                CurlEasy.of(this).mayUseConnection(from: port) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
            }
        }
        ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText)
        let this = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_pointer(handle, CURLOPT_HEADERDATA, this)
        ccurl_set_pointer(handle, CURLOPT_WRITEDATA, this)
        ccurl_set_data_callback(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, this in
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            return CurlEasy.of(this).didReceive(line: line) ? line.count : 0
        }
        ccurl_set_data_callback(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, this in
            let bytes = UnsafeRawBufferPointer(start: bytes, count: size * count)
            switch CurlEasy.of(this).receiver.didReceive(bytes) {
            case .taken: return bytes.count
            case .paused: return Int(CURL_WRITEFUNC_PAUSE)
            case .refused: return Int(CURL_WRITEFUNC_ERROR)
            }
        }
    }

    private static func of(_ pointer: UnsafeMutableRawPointer?) -> CurlEasy {
        // The pointer was set in `setUpCallbacks`.
        Unmanaged<CurlEasy>.fromOpaque(pointer!).takeUnretainedValue()
    }

    // MARK: The response

    /// A line of a head or of trailers, with its CRLF. Returns false, which ends the transfer, above the size limit.
    private func didReceive(line: UnsafeRawBufferPointer) -> Bool {
        if isHeadDelivered { return true }
        headBytes += line.count
        if headBytes > Self.headLimit { return false }
        let text = String(decoding: line, as: UTF8.self).trimmed
        if text.hasPrefix("HTTP/"), status == 0 || (100..<200).contains(status) {
            status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            fields = HTTPFields()
        } else if text.isEmpty {
            // An interim response is followed by another head (RFC 9110 §15.2).
            if status >= 200 { deliverHead() }
            // No upgrade was requested.
            if status == 101 { return false }
        } else if let colon = text.firstIndex(of: ":") {
            fields.append(String(text[..<colon]).trimmed, String(text[text.index(after: colon)...]).trimmed)
        }
        return true
    }

    private func deliverHead() {
        isHeadDelivered = true
        let redirect = (300..<400).contains(status) ? fields["Location"].flatMap(absolute) : nil
        receiver.didReceive(IncomingHead(HTTPStatus(status), fields: fields, redirectURL: redirect))
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

extension String {
    /// Without spaces, tabs and line ends at both ends.
    fileprivate var trimmed: String {
        let isText: (UInt8) -> Bool = { $0 > 0x20 }
        guard let first = utf8.firstIndex(where: isText), let last = utf8.lastIndex(where: isText) else { return "" }
        return String(Substring(utf8[first...last]))
    }
}
