internal import CCurl
internal import MartletHTTP
internal import MartletUV

/// libcurl's multi handle on a loop: libcurl says which sockets it wants watched and when it wants to be called, the
/// loop does both. On the loop's thread only.
final class CurlMulti {
    /// How many idle connections are kept.
    private static let idleConnections = 256
    /// libcurl's state of the process, made before the first handle.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    private let loop: EventLoop
    private let handle: UnsafeMutableRawPointer
    private var timer: LoopTimer?
    private var polls: [Int32: SocketPoll] = [:]
    private var exchanges: [UnsafeMutableRawPointer: CurlTransfer] = [:]
    private var isClosed = false

    init(on loop: EventLoop) throws(TransportError) {
        self.loop = loop
        guard Self.isReady, let handle = curl_multi_init() else {
            throw TransportError(.other, "libcurl could not be set up.")
        }
        self.handle = handle
        let this = Unmanaged.passUnretained(self).toOpaque()
        ccurl_multi_set_pointer(handle, CURLMOPT_SOCKETDATA, this)
        ccurl_multi_set_pointer(handle, CURLMOPT_TIMERDATA, this)
        ccurl_multi_set_long(handle, CURLMOPT_MAXCONNECTS, Self.idleConnections)
        ccurl_multi_set_socket_callback(handle) { _, descriptor, what, this, _ in
            CurlMulti.of(this).watch(descriptor, what)
            return 0
        }
        ccurl_multi_set_timer_callback(handle) { _, milliseconds, this in
            CurlMulti.of(this).setTimer(milliseconds)
            return 0
        }
    }

    private static func of(_ pointer: UnsafeMutableRawPointer?) -> CurlMulti {
        // libcurl hands back what it was given above.
        Unmanaged<CurlMulti>.fromOpaque(pointer!).takeUnretainedValue()
    }

    // MARK: Exchanges

    /// Starts an exchange whose easy handle is set up. Returns false when the multi is closed.
    func add(_ exchange: CurlTransfer, _ easy: UnsafeMutableRawPointer) -> Bool {
        guard !isClosed, curl_multi_add_handle(handle, easy) == CURLM_OK else { return false }
        exchanges[easy] = exchange
        return true
    }

    /// Ends an exchange: its connection closes, unless the response is whole.
    func remove(_ easy: UnsafeMutableRawPointer) {
        guard exchanges[easy] != nil else { return }
        curl_multi_remove_handle(handle, easy)
        exchanges[easy] = nil
    }

    /// Lets a peer go on that had to wait.
    func resume(_ easy: UnsafeMutableRawPointer) {
        guard exchanges[easy] != nil else { return }
        curl_easy_pause(easy, CURLPAUSE_CONT)
        endThoseThatAreOver()
    }

    func close() {
        if isClosed { return }
        isClosed = true
        for (easy, exchange) in exchanges {
            curl_multi_remove_handle(handle, easy)
            exchange.didEnd(.cancelled)
        }
        exchanges = [:]
        curl_multi_cleanup(handle)
        for poll in polls.values { poll.close() }
        polls = [:]
        timer?.close()
    }

    // MARK: Sockets and time

    private func watch(_ descriptor: Int32, _ what: Int32) {
        var events: SocketPoll.Events = []
        switch what {
        case CURL_POLL_IN: events = .readable
        case CURL_POLL_OUT: events = .writable
        case CURL_POLL_INOUT: events = [.readable, .writable]
        case CURL_POLL_REMOVE:
            polls.removeValue(forKey: descriptor)?.close()
            return
        default: return
        }
        let poll = polls[descriptor] ?? makePoll(descriptor)
        polls[descriptor] = poll
        // For nil there is no memory: the transfer's own timeouts end it.
        poll?.watch(events)
    }

    private func makePoll(_ descriptor: Int32) -> SocketPoll? {
        try? SocketPoll(descriptor: descriptor, on: loop) { [weak self] events in
            var what: Int32 = 0
            if events.contains(.readable) { what |= CURL_CSELECT_IN }
            if events.contains(.writable) { what |= CURL_CSELECT_OUT }
            // libcurl is to find out by itself what is wrong: it then says it better than "an error".
            if events.contains(.failed) { what = CURL_CSELECT_IN | CURL_CSELECT_OUT }
            self?.act(descriptor, what)
        }
    }

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
        endThoseThatAreOver()
    }

    private func endThoseThatAreOver() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(handle, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            // The message does not outlive the handle's removal.
            let result = ccurl_result(message)
            guard let exchange = exchanges[easy] else { continue }
            remove(easy)
            exchange.didEnd(result == CURLE_OK ? nil : exchange.error(for: result))
        }
    }
}
