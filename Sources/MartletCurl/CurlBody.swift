/// The content of a request at an address that does not change while libcurl sends from it, in memory that serves one request
/// after the other.
struct CurlBody: ~Copyable {
    /// What is kept between two requests.
    private static let keptBytes = 64 * 1024

    private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 1)

    deinit { memory.deallocate() }

    /// Never nil for libcurl, which would request the content through a callback then.
    var address: UnsafeMutableRawPointer? { memory.baseAddress }

    mutating func set(_ bytes: [UInt8]) {
        if bytes.count > memory.count { replaceMemory(bytes.count) }
        bytes.withUnsafeBytes { memory.copyMemory(from: $0) }
    }

    /// Releases the memory of a large content.
    mutating func clear() {
        if memory.count > Self.keptBytes { replaceMemory(1024) }
    }

    private mutating func replaceMemory(_ count: Int) {
        memory.deallocate()
        memory = .allocate(byteCount: count, alignment: 1)
    }
}
