#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The bytes of one file of a model, in memory for as long as this object lives.
package final class ModelFile {
    /// What messages call it.
    package let name: String
    package let bytes: UnsafeRawBufferPointer
    private let owned: UnsafeMutableRawPointer?

    /// Bytes that outlive the process's interest in them, such as those of the binary itself.
    package init(name: String, embedded start: UnsafeRawPointer, count: Int) {
        self.name = name
        bytes = UnsafeRawBufferPointer(start: start, count: count)
        owned = nil
    }

    package init(name: String, copying contents: [UInt8]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: contents.count, alignment: 64)
        copy.copyBytes(from: contents)
        self.name = name
        bytes = UnsafeRawBufferPointer(copy)
        owned = copy.baseAddress
    }

    /// Whether there is anything at the path.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Reads a regular file whole.
    package init(path: String) throws(ToyModelError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ToyModelError("cannot open \(path): \(Self.systemMessage())") }
        defer { close(descriptor) }

        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw ToyModelError("cannot examine \(path): \(Self.systemMessage())")
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw ToyModelError("\(path) is not a regular file") }

        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(status.st_size), alignment: 64)
        var filled = 0
        while filled < buffer.count {
            let count = read(descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let reason = count < 0 ? Self.systemMessage() : "it shrank while it was read"
                buffer.deallocate()
                throw ToyModelError("cannot read \(path): \(reason)")
            }
            filled += count
        }
        name = path
        bytes = UnsafeRawBufferPointer(buffer)
        owned = buffer.baseAddress
    }

    deinit {
        owned?.deallocate()
    }

    private static func systemMessage() -> String {
        String(cString: strerror(errno))
    }
}
