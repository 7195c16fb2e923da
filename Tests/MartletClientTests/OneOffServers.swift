import Foundation

/// A listening socket that accepts no connections and has a full queue.
final class FullListener {
    let port: Int
    private var descriptors: [Int32] = []

    init() throws {
        #if canImport(Glibc)
            let type = Int32(SOCK_STREAM.rawValue)
        #else
            let type = SOCK_STREAM
        #endif
        let listener = socket(AF_INET, type, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, size) == 0 && listen(listener, 0) == 0
                    && getsockname(listener, address, &size) == 0
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        descriptors = [listener]
        guard isListening else { throw CocoaError(.featureUnsupported) }
        // The queue has room for one or two; the other handshakes are not completed.
        for _ in 0..<8 {
            let client = socket(AF_INET, type, 0)
            _ = fcntl(client, F_SETFL, O_NONBLOCK)
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = connect(client, $0, size) }
            }
            descriptors.append(client)
        }
    }

    func close() {
        for descriptor in descriptors { _ = Foundation.close(descriptor) }
    }
}

/// A Unix socket server that sends the same response on each connection.
final class UnixSocketServer: Sendable {
    let path: String
    private let listener: Int32

    init(responding response: String) throws {
        path = FileManager.default.temporaryDirectory.appending(path: "m\(UInt32.random(in: 0 ... .max)).sock").path
        #if canImport(Glibc)
            listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #else
            listener = socket(AF_UNIX, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            bytes.copyBytes(from: path.utf8.prefix(bytes.count - 1))
        }
        let listener = listener
        let isListening = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 && listen(listener, 8) == 0
            }
        }
        guard isListening else { throw CocoaError(.featureUnsupported) }
        DispatchQueue(label: "martlet.unix-socket").async {
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                var request = [UInt8](repeating: 0, count: 65536)
                _ = recv(connection, &request, request.count, 0)
                _ = response.utf8.withContiguousStorageIfAvailable { send(connection, $0.baseAddress, $0.count, 0) }
                close(connection)
            }
        }
    }

    func end() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        try? FileManager.default.removeItem(atPath: path)
    }
}
