import Foundation

/// A listening socket that accepts nothing, and whose queue is full.
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
        // The queue takes one or two: the handshakes of the others are not answered.
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
