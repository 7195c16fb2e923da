internal import CCurl
internal import MartletHTTP
internal import MartletUV

/// libcurl's multi handle on a loop: libcurl requests sockets to watch and a timer, the loop provides both. On the loop's
/// thread only.
final class CurlMulti {
    /// The number of idle connections that are kept open.
    private static let idleConnections = 256
    /// libcurl's global state, initialised before the first handle.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    private let loop: EventLoop
    private let handle: UnsafeMutableRawPointer
    private var timer: LoopTimer?
    private var polls: [Int32: SocketPoll] = [:]
    private var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
    /// Descriptors that libcurl does not use at the moment, by local port. Some are closed.
    private var idleSockets: [Int32: Int32] = [:]
    private var isClosed = false

    private struct Transfer {
        let easy: CurlEasy
        let receiver: any CurlReceiver
    }

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
        // The pointer was set in `init`.
        Unmanaged<CurlMulti>.fromOpaque(pointer!).takeUnretainedValue()
    }

    // MARK: Transfers

    /// Starts a transfer. Returns false when the multi handle is closed.
    func add(_ easy: CurlEasy, for receiver: any CurlReceiver) -> Bool {
        easy.hasUnexpectedBytes = { [unowned self] port in
            idleSockets[port].map { SocketPoll.isReadable($0, localPort: port) } ?? false
        }
        guard !isClosed, curl_multi_add_handle(handle, easy.handle) == CURLM_OK else { return false }
        transfers[easy.handle] = Transfer(easy: easy, receiver: receiver)
        return true
    }

    /// Ends a transfer: its connection closes unless the response is complete.
    func remove(_ easy: CurlEasy) {
        guard transfers.removeValue(forKey: easy.handle) != nil else { return }
        curl_multi_remove_handle(handle, easy.handle)
    }

    /// Resumes a paused transfer.
    func resume(_ easy: CurlEasy) {
        guard transfers[easy.handle] != nil else { return }
        curl_easy_pause(easy.handle, CURLPAUSE_CONT)
        finishCompletedTransfers()
    }

    func close() {
        if isClosed { return }
        isClosed = true
        let ended = transfers
        transfers = [:]
        for (easy, transfer) in ended {
            curl_multi_remove_handle(handle, easy)
            transfer.receiver.didEnd(.cancelled)
        }
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
            // Its connection is idle from now on, or closed.
            if let port = SocketPoll.localPort(of: descriptor) { idleSockets[port] = descriptor }
            return
        default: return
        }
        let poll = polls[descriptor] ?? makePoll(descriptor)
        polls[descriptor] = poll
        // Nil means out of memory: the transfer's timeouts end it.
        poll?.watch(events)
    }

    private func makePoll(_ descriptor: Int32) -> SocketPoll? {
        try? SocketPoll(descriptor: descriptor, on: loop) { [weak self] events in
            var what: Int32 = 0
            if events.contains(.readable) { what |= CURL_CSELECT_IN }
            if events.contains(.writable) { what |= CURL_CSELECT_OUT }
            // libcurl then finds the error itself and reports it more precisely.
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
        finishCompletedTransfers()
    }

    private func finishCompletedTransfers() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(handle, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            // Removing the handle invalidates the message.
            let result = ccurl_result(message)
            guard let transfer = transfers[easy] else { continue }
            remove(transfer.easy)
            if result != CURLE_OK, transfer.easy.hadUnexpectedBytes {
                transfer.easy.useFreshConnection()
                if add(transfer.easy, for: transfer.receiver) { continue }
            }
            transfer.receiver.didEnd(result == CURLE_OK ? nil : transfer.easy.error(for: result))
        }
    }
}
