internal import CUV

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// An IPv4 or IPv6 address with a port.
package struct SocketAddress: Sendable {
    private var storage: sockaddr_storage
    private var length: socklen_t

    /// Resolves `host`, a name or an address. Blocks, so it must not be called on a loop.
    package static func resolve(host: String, port: Int) throws(UVError) -> SocketAddress {
        let operation = "find an address for \(host)"
        guard let service = UInt16(exactly: port) else {
            throw UVError(code: UV_EINVAL.rawValue, operation: "use port \(port), which is not within 0...65535")
        }
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(service), &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard code == 0, let first = list?.pointee, let address = first.ai_addr,
            Int(first.ai_addrlen) <= MemoryLayout<sockaddr_storage>.size
        else { throw UVError(code: UV_EAI_NONAME.rawValue, operation: operation) }
        var result = SocketAddress(storage: sockaddr_storage(), length: first.ai_addrlen)
        withUnsafeMutableBytes(of: &result.storage) { bytes in
            bytes.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(first.ai_addrlen)))
        }
        return result
    }

    private init(storage: sockaddr_storage, length: socklen_t) {
        self.storage = storage
        self.length = length
    }

    /// The local address of `descriptor`.
    init(boundTo descriptor: Int32) throws(UVError) {
        self.init(storage: sockaddr_storage(), length: socklen_t(MemoryLayout<sockaddr_storage>.size))
        let code = withUnsafeMutablePointer(to: &storage) { storage in
            UnsafeMutableRawPointer(storage).withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &length)
            }
        }
        if code != 0 { throw UVError(code: -errno, operation: "ask a socket for its address") }
    }

    /// The numeric address of the peer of a connected socket, without a port: `127.0.0.1`, `::1`. An IPv4 client of an
    /// IPv6 socket has its IPv4 address.
    static func peer(of descriptor: Int32) -> String? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let code = withUnsafeMutablePointer(to: &storage) { storage in
            UnsafeMutableRawPointer(storage).withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getpeername(descriptor, address, &length) == 0
                    ? getnameinfo(address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) : -1
            }
        }
        guard code == 0 else { return nil }
        let address = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return address.hasPrefix("::ffff:") && address.contains(".") ? String(address.dropFirst(7)) : address
    }

    package var port: Int {
        withUnsafeBytes(of: storage) { bytes in
            // In both families the port is at offset 2, in network byte order.
            Int(UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self)))
        }
    }

    package func with(port: Int) -> SocketAddress {
        var copy = self
        withUnsafeMutableBytes(of: &copy.storage) { bytes in
            bytes.storeBytes(of: UInt16(truncatingIfNeeded: port).bigEndian, toByteOffset: 2, as: UInt16.self)
        }
        return copy
    }

    var family: Int32 { Int32(storage.ss_family) }

    func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) { storage in
            UnsafeRawPointer(storage).withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}
