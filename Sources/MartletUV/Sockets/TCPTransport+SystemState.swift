#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

extension TCPTransport {
    /// Bytes that the system has taken and the peer's system has not acknowledged; 0 once closed. A reset discards them.
    package var unacknowledgedByteCount: Int {
        guard let descriptor else { return 0 }
        var count: Int32 = 0
        #if canImport(Glibc)
            let code = ioctl(Int32(descriptor), UInt(TIOCOUTQ), &count)
        #else
            var size = socklen_t(MemoryLayout<Int32>.size)
            let code = getsockopt(Int32(descriptor), SOL_SOCKET, SO_NWRITE, &count, &size)
        #endif
        return code == 0 ? Int(count) : 0
    }

    /// The error that the system would report next, which it then forgets; nil if there is none.
    func takePendingError() -> UVError? {
        guard let descriptor else { return nil }
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(Int32(descriptor), SOL_SOCKET, SO_ERROR, &code, &size) == 0, code != 0 else { return nil }
        return UVError(code: -code, operation: "read from a socket")
    }
}
