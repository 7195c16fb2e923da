internal import CCurl
internal import MartletHTTP
internal import MartletUV

/// libcurl's multi handle on a loop: libcurl requests sockets to watch and a timer, the loop provides both. On the loop's
/// thread only.
final class CurlMulti {
    /// The number of idle connections that are kept open.
    private static let idleConnections = 256
    /// The number of easy handles without a transfer that are kept: making one takes as long as a short request.
    private static let idleHandles = 128
    /// libcurl's global state, initialised before the first handle.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    private let loop: EventLoop
    private let settings: CurlSettings
    private let handle: UnsafeMutableRawPointer
    private let sockets: CurlSockets
    private var timer: LoopTimer?
    private var active: [UnsafeMutableRawPointer: CurlEasy] = [:]
    /// The one that was used last is at the end.
    private var idle: [CurlEasy] = []
    private var isClosed = false

    init(on loop: EventLoop, settings: CurlSettings) throws(TransportError) {
        (self.loop, self.settings) = (loop, settings)
        guard Self.isReady, let handle = curl_multi_init() else {
            throw TransportError(.other, "libcurl could not be set up.")
        }
        self.handle = handle
        sockets = CurlSockets(on: loop)
        sockets.onReady = { [unowned self] in act($0, $1) }
        let this = Unmanaged.passUnretained(self).toOpaque()
        ccurl_multi_set_pointer(handle, CURLMOPT_SOCKETDATA, this)
        ccurl_multi_set_pointer(handle, CURLMOPT_TIMERDATA, this)
        ccurl_multi_set_long(handle, CURLMOPT_MAXCONNECTS, Self.idleConnections)
        ccurl_multi_set_socket_callback(handle) { _, descriptor, what, this, _ in
            CurlMulti.of(this).sockets.watch(descriptor, what)
            return 0
        }
        ccurl_multi_set_timer_callback(handle) { _, milliseconds, this in
            CurlMulti.of(this).setTimer(milliseconds)
            return 0
        }
    }

    private static func of(_ pointer: UnsafeMutableRawPointer?) -> CurlMulti {
        // The pointer was set in `init`.
        Unmanaged<CurlMulti>.fromOpaque(pointer!).takeUnretainedValue()
    }

    // MARK: Transfers

    /// Starts a transfer, and sends its request at once if a connection is open.
    ///
    /// - Throws: `TransportError` when the multi handle is closed.
    func begin(_ request: OutgoingRequest, to receiver: any CurlReceiver) throws(TransportError) -> CurlLoopTransfer {
        let easy = try easy(for: request)
        easy.begin(request, for: receiver)
        guard add(easy) else {
            easy.end()
            throw TransportError(.other, "The transport was shut down.")
        }
        var running: Int32 = 0
        curl_multi_socket_action(handle, CURL_SOCKET_TIMEOUT, 0, &running)
        // What has ended by now ends in the next turn, when the caller has the transfer.
        if running < active.count { timer?.start(milliseconds: 0) }
        return CurlLoopTransfer(easy, of: self)
    }

    private func add(_ easy: CurlEasy) -> Bool {
        guard !isClosed, curl_multi_add_handle(handle, easy.handle) == CURLM_OK else { return false }
        active[easy.handle] = easy
        return true
    }

    /// A handle that has had the same resource, or a new one: credentials in a URL must not meet another.
    private func easy(for request: OutgoingRequest) throws(TransportError) -> CurlEasy {
        if let index = idle.lastIndex(where: { $0.serves(request) }) { return idle.remove(at: index) }
        return try CurlEasy(for: request, settings: settings, sockets: sockets)
    }

    /// Ends a transfer: its connection closes unless the response is complete.
    func remove(_ easy: CurlEasy) {
        guard active.removeValue(forKey: easy.handle) != nil else { return }
        curl_multi_remove_handle(handle, easy.handle)
        retire(easy)
    }

    private func retire(_ easy: CurlEasy) {
        easy.end()
        if idle.count == Self.idleHandles { idle.removeFirst(Self.idleHandles / 4) }
        idle.append(easy)
    }

    /// Resumes a paused transfer.
    func resume(_ easy: CurlEasy) {
        guard active[easy.handle] != nil else { return }
        curl_easy_pause(easy.handle, CURLPAUSE_CONT)
        finishCompletedTransfers()
    }

    func close() {
        if isClosed { return }
        isClosed = true
        let ended = active.values
        active = [:]
        for easy in ended {
            curl_multi_remove_handle(handle, easy.handle)
            easy.end()?.didEnd(.cancelled)
        }
        idle = []
        curl_multi_cleanup(handle)
        sockets.close()
        timer?.close()
    }

    // MARK: Sockets and time

    private func setTimer(_ milliseconds: Int) {
        guard milliseconds >= 0 else {
            timer?.stop()
            return
        }
        let timer = timer ?? LoopTimer(on: loop) { [weak self] in self?.act(CURL_SOCKET_TIMEOUT, 0) }
        self.timer = timer
        timer.start(milliseconds: UInt64(milliseconds))
    }

    private func act(_ descriptor: Int32, _ what: Int32) {
        if isClosed { return }
        var running: Int32 = 0
        curl_multi_socket_action(handle, descriptor, what, &running)
        finishCompletedTransfers()
    }

    private func finishCompletedTransfers() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(handle, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
            // Removing the handle invalidates the message.
            let result = ccurl_result(message)
            guard let easy = active.removeValue(forKey: handle) else { continue }
            curl_multi_remove_handle(self.handle, handle)
            if result != CURLE_OK, easy.hadUnexpectedBytes {
                easy.useFreshConnection()
                if add(easy) { continue }
            }
            let error = result == CURLE_OK ? nil : easy.error(for: result)
            let receiver = easy.receiver
            retire(easy)
            receiver?.didEnd(error)
        }
    }
}
