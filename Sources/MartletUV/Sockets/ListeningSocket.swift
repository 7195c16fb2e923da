internal import CUV

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// A bound socket for a loop's `Listener`.
package struct ListeningSocket: Sendable {
    /// How many unsent bytes of a connection the kernel buffers before the socket stops being writable.
    private static let maximumUnsentBytes: Int32 = 64 * 1024

    let descriptor: Int32
    /// The bound address; the port is the actual one also when port 0 was requested.
    package let address: SocketAddress

    /// Binds `count` sockets to one address, one for each loop (SO_REUSEPORT).
    ///
    /// A socket without SO_REUSEPORT probes the address first: otherwise a second server on the same port would silently
    /// receive half of the first one's connections.
    package static func bind(to address: SocketAddress, count: Int) throws(UVError) -> [ListeningSocket] {
        if count <= 1 { return [try ListeningSocket(bindingTo: address, sharingPort: false)] }
        let probe = try ListeningSocket(bindingTo: address, sharingPort: false)
        probe.close()
        var sockets: [ListeningSocket] = []
        do throws(UVError) {
            for _ in 0..<count {
                sockets.append(try ListeningSocket(bindingTo: probe.address, sharingPort: true))
            }
        } catch {
            for socket in sockets { socket.close() }
            throw error
        }
        return sockets
    }

    private init(bindingTo address: SocketAddress, sharingPort: Bool) throws(UVError) {
        #if canImport(Glibc)
            let type = Int32(SOCK_STREAM.rawValue)
        #else
            let type = SOCK_STREAM
        #endif
        let descriptor = socket(address.family, type, 0)
        if descriptor < 0 { throw UVError(code: -errno, operation: "make a socket") }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size)
        // Accepted sockets inherit this. Without it the kernel buffers megabytes for a client that does not read, and
        // the progress of a slow client stays invisible until most of them have been sent.
        var unsentBytes = Self.maximumUnsentBytes
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, &unsentBytes, size)
        if sharingPort { setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, size) }
        #if canImport(Glibc)
            let code = address.withSockaddr { Glibc.bind(descriptor, $0, $1) }
        #else
            let code = address.withSockaddr { Darwin.bind(descriptor, $0, $1) }
        #endif
        do throws(UVError) {
            if code != 0 { throw UVError(code: -errno, operation: "listen on port \(address.port)") }
            self.descriptor = descriptor
            self.address = try SocketAddress(boundTo: descriptor)
        } catch {
            closeDescriptor(descriptor)
            throw error
        }
    }

    /// Only for a socket that no listener owns.
    package func close() { closeDescriptor(descriptor) }
}

/// Closes a descriptor that no libuv handle has taken.
func closeDescriptor(_ descriptor: Int32) {
    #if canImport(Glibc)
        _ = Glibc.close(descriptor)
    #else
        _ = Darwin.close(descriptor)
    #endif
}
