import Foundation
import MartletUV
import Testing

/// A client's blocking socket, used on its own threads. Calls time out after a minute.
final class Peer: Sendable {
    struct Failure: Error {
        let operation: String
        let code: Int32
    }

    private let descriptor: Int32
    private let isOpen = Locked(true)

    static func connect(port: Int) async throws -> Peer {
        try await onThread { try Peer(port: port) }
    }

    private init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
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

    func send(_ bytes: [UInt8]) async throws {
        try await onThread { [descriptor] in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if count < 0 { throw Failure(operation: "send", code: errno) }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// Reads `count` bytes, or fewer if the other side ends before.
    func receive(_ count: Int) async throws -> [UInt8] {
        try await onThread { [descriptor] in
            var received: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 64 * 1024)
            while received.count < count {
                let read = recv(descriptor, &buffer, min(buffer.count, count - received.count), 0)
                if read < 0 { throw Failure(operation: "receive", code: errno) }
                if read == 0 { break }
                received += buffer[..<read]
            }
            return received
        }
    }

    func shutdownWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

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
