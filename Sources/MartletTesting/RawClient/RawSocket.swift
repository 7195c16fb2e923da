#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// A TCP socket with blocking calls, each bounded by a deadline.
final class RawSocket {
    private var descriptor: Int32

    /// - Parameter receiveBufferBytes: The size of the kernel's receive buffer; nil for the default.
    init(receiveBufferBytes: Int?) throws(RawClientError) {
        #if canImport(Glibc)
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        guard descriptor >= 0 else { throw RawClientError("A socket cannot be created: \(Self.reason).") }
        prepare()
        if let receiveBufferBytes { set(SOL_SOCKET, SO_RCVBUF, Int32(clamping: receiveBufferBytes)) }
    }

    /// A socket that `accept` has returned. Takes ownership of it.
    init(accepted descriptor: Int32) {
        self.descriptor = descriptor
        prepare()
    }

    private func prepare() {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        set(Int32(IPPROTO_TCP), TCP_NODELAY, Int32(1))
        #if canImport(Darwin)
            set(SOL_SOCKET, SO_NOSIGPIPE, Int32(1))
        #endif
    }

    /// Listens on a free port of 127.0.0.1, which it returns.
    func listen() throws(RawClientError) -> Int {
        var address = Self.loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutableBytes(of: &address) { bytes in
            guard let name = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress else { return false }
            return bindSocket(descriptor, name, size) == 0 && listenOnSocket(descriptor, 128) == 0
                && getsockname(descriptor, name, &size) == 0
        }
        guard isListening else { throw RawClientError("A port cannot be listened on: \(Self.reason).") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// The descriptor of the next connection, which the caller owns.
    func accept(until end: ContinuousClock.Instant) throws(RawClientError) -> Int32 {
        while true {
            let accepted = acceptConnection(descriptor)
            if accepted >= 0 { return accepted }
            guard errno == EAGAIN || errno == EINTR || errno == ECONNABORTED else {
                throw RawClientError("A connection cannot be accepted: \(Self.reason).")
            }
            try wait(for: POLLIN, until: end, "a connection")
        }
    }

    deinit { close() }

    /// Connects to 127.0.0.1.
    func connect(port: Int, until end: ContinuousClock.Instant) throws(RawClientError) {
        let address = Self.loopback(port: port)
        let result = withUnsafeBytes(of: address) { bytes in
            connectSocket(descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(bytes.count))
        }
        if result == 0 { return }
        guard errno == EINPROGRESS else { throw RawClientError("Port \(port) cannot be reached: \(Self.reason).") }
        try wait(for: POLLOUT, until: end, "a connection to port \(port)")
        var code = Int32(0)
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        errno = code
        if code != 0 { throw RawClientError("Port \(port) cannot be reached: \(Self.reason).") }
    }

    /// Sends a prefix of `bytes` and returns its length.
    func send(_ bytes: ArraySlice<UInt8>, until end: ContinuousClock.Instant) throws(RawClientError) -> Int {
        while true {
            let count = bytes.withUnsafeBytes { sendBytes(descriptor, $0.baseAddress, $0.count, noSignal) }
            if count > 0 { return count }
            guard errno == EAGAIN || errno == EINTR else {
                throw RawClientError("Sending failed: \(Self.reason).")
            }
            try wait(for: POLLOUT, until: end, "the server to take \(bytes.count) more bytes")
        }
    }

    /// The next bytes; empty at the end of the connection. Errors name `what` was waited for.
    func receive(until end: ContinuousClock.Instant, _ what: String) throws(RawClientError) -> [UInt8] {
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 64 * 1024) { buffer, initialized in
                count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                initialized = max(0, count)
            }
            if count >= 0 { return bytes }
            guard errno == EAGAIN || errno == EINTR else {
                throw RawClientError("The connection broke while waiting for \(what): \(Self.reason).")
            }
            try wait(for: POLLIN, until: end, what)
        }
    }

    /// Half-closes: the server sees the end of the connection and can still send.
    func finishSending() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes with a reset.
    func reset() {
        set(SOL_SOCKET, SO_LINGER, linger(l_onoff: 1, l_linger: 0))
        close()
    }

    func close() {
        if descriptor >= 0 { closeDescriptor(descriptor) }
        descriptor = -1
    }

    private func wait(
        for event: some BinaryInteger, until end: ContinuousClock.Instant, _ what: String
    ) throws(RawClientError) {
        while true {
            let left = end - ContinuousClock.now
            guard left > .zero else { throw RawClientError("Waited too long for \(what).") }
            var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
            let milliseconds = (left / .milliseconds(1)).rounded(.up)
            if poll(&entry, 1, Int32(min(milliseconds, 60_000))) > 0 { return }
        }
    }

    private func set<Value>(_ level: Int32, _ option: Int32, _ value: Value) {
        withUnsafeBytes(of: value) { bytes in
            _ = setsockopt(descriptor, level, option, bytes.baseAddress, socklen_t(bytes.count))
        }
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }

    private static var reason: String { String(cString: strerror(errno)) }
}

// Aliases of system calls whose names the methods above shadow.
#if canImport(Darwin)
    private let noSignal = Int32(0)
#else
    private let noSignal = Int32(MSG_NOSIGNAL)
#endif
private let connectSocket: @Sendable (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32 = { connect($0, $1, $2) }
private let bindSocket: @Sendable (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32 = { bind($0, $1, $2) }
private let listenOnSocket: @Sendable (Int32, Int32) -> Int32 = { listen($0, $1) }
private let acceptConnection: @Sendable (Int32) -> Int32 = { accept($0, nil, nil) }
private let sendBytes: @Sendable (Int32, UnsafeRawPointer?, Int, Int32) -> Int = { send($0, $1, $2, $3) }
private let closeDescriptor: @Sendable (Int32) -> Void = { _ = close($0) }

extension [UInt8] {
    /// The end of the first occurrence of `pattern`; nil if there is none. Fast also in debug builds, in which tests read
    /// megabytes.
    func end(ofFirst pattern: [UInt8]) -> Int? {
        guard let first = pattern.first else { return 0 }
        return withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return nil }
            var offset = 0
            while bytes.count - offset >= pattern.count {
                let candidates = bytes.count - pattern.count + 1 - offset
                guard let found = memchr(start + offset, Int32(first), candidates) else { return nil }
                offset = UnsafeRawPointer(found) - start
                if memcmp(found, pattern, pattern.count) == 0 { return offset + pattern.count }
                offset += 1
            }
            return nil
        }
    }
}

extension ArraySlice<UInt8> {
    /// The index of the first `byte`; nil if there is none. Fast also in debug builds.
    func firstIndex(ofByte byte: UInt8) -> Int? {
        withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress, let found = memchr(start, Int32(byte), bytes.count) else { return nil }
            return startIndex + (UnsafeRawPointer(found) - start)
        }
    }
}
