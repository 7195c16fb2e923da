import Foundation
import MartletUV
import Testing

/// A client's blocking socket, used on threads of its own: the pool that tasks share has as many threads as there are
/// cores. A call that takes a minute fails.
final class RawClient: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let operation: String
        let code: Int32
        var description: String { "cannot \(operation): \(String(cString: strerror(code)))" }
    }

    private let descriptor: Int32
    private let isOpen = Locked(true)
    private let unread = Locked<[UInt8]>([])

    /// Connects, and sends the first bytes without giving the server's clocks a pause.
    static func connect(port: Int, sending first: String = "") async throws -> RawClient {
        try await onThread {
            let client = try RawClient(port: port)
            try client.sendNow(Array(first.utf8))
            return client
        }
    }

    private init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        // Pieces leave as they are sent.
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: address) { address in
            UnsafeRawPointer(address).withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if code != 0 {
            let failure = Failure(operation: "connect", code: errno)
            close()
            throw failure
        }
    }

    deinit { close() }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        try await onThread { [self] in try sendNow(bytes) }
    }

    private func sendNow(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 { throw Failure(operation: "send", code: errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// The next response, once it is whole.
    func response(isHead: Bool = false) async throws -> ReceivedResponse {
        try await onThread { [self] in
            var hasEnded = false
            while true {
                let response = unread.withLock {
                    ReceivedResponse.take(from: &$0, isHead: isHead, hasEnded: hasEnded)
                }
                if let response { return response }
                if hasEnded { throw Failure(operation: "read a whole response", code: ENODATA) }
                hasEnded = try !readMore()
            }
        }
    }

    func waitForBytes() async throws {
        _ = try await onThread { [self] in try readMore() }
    }

    /// Waits for the other side's end. Returns what came before it; throws on a reset.
    func end() async throws -> String {
        try await onThread { [self] in
            while try readMore() {}
            return String(decoding: unread.withLock { $0 }, as: UTF8.self)
        }
    }

    /// False at the end.
    private func readMore() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0 { throw Failure(operation: "receive", code: errno) }
        unread.withLock { $0 += buffer[..<count] }
        return count > 0
    }

    /// Closes with a reset instead of an orderly end.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func close() {
        let mustClose = isOpen.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
        if mustClose { Glibc.close(descriptor) }
    }
}

func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
}
