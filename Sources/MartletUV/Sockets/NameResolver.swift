internal import CUV

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Finds the addresses of names, as the system does, on threads that may block. Has a loop of its own, which ends with it.
package final class NameResolver: Sendable {
    private let loop: EventLoop

    /// - Throws: When the loop's thread cannot be started.
    package init() throws(UVError) { loop = try EventLoop() }

    deinit {
        // Waits for what the system has not answered.
        Task.detached { [loop] in await loop.stop() }
    }

    /// The addresses of `host`, a name or a numeric address, in the system's order of preference; nil if they cannot be found
    /// in time.
    package func addresses(of host: String, within limit: Duration) async -> [IPAddress]? {
        await withCheckedContinuation { continuation in
            loop.atEndOfTurn { [loop] in
                let resolution = Resolution(on: loop) { continuation.resume(returning: $0) }
                resolution.start(host, milliseconds: UInt64(max(1, min(limit / .milliseconds(1), 1e9))))
            }
        }
    }
}

/// One question to the system. On the loop's thread only.
private final class Resolution {
    private let loop: EventLoop
    private let onEnd: ([IPAddress]?) -> Void
    private let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
    private var timer: LoopTimer?
    private var hasEnded = false

    /// - Parameter onEnd: Called once.
    init(on loop: EventLoop, onEnd: @escaping ([IPAddress]?) -> Void) { (self.loop, self.onEnd) = (loop, onEnd) }

    deinit { request.deallocate() }

    func start(_ host: String, milliseconds: UInt64) {
        let timer = LoopTimer(on: loop) { [weak self] in self?.end(nil) }
        self.timer = timer
        timer.start(milliseconds: milliseconds)
        var hints = addrinfo()
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        // The request, which the system cannot be told to abandon, retains this until it is answered.
        let this = Unmanaged.passRetained(self)
        request.pointee.data = this.toOpaque()
        let code = uv_getaddrinfo(
            loop.uvLoop, request,
            { request, status, list in
                defer { uv_freeaddrinfo(list) }
                guard let data = request?.pointee.data else { return }
                let resolution = Unmanaged<Resolution>.fromOpaque(data).takeRetainedValue()
                resolution.end(status == 0 ? Resolution.addresses(list) : nil)
            }, host, nil, &hints)
        if code < 0 {
            this.release()
            end(nil)
        }
    }

    private static func addresses(_ list: UnsafeMutablePointer<addrinfo>?) -> [IPAddress] {
        var result: [IPAddress] = []
        var next = list
        while let entry = next?.pointee {
            if let address = entry.ai_addr.flatMap(IPAddress.init), !result.contains(address) { result.append(address) }
            next = entry.ai_next
        }
        return result
    }

    private func end(_ addresses: [IPAddress]?) {
        if hasEnded { return }
        hasEnded = true
        timer?.close()
        timer = nil
        onEnd(addresses)
    }
}
