internal import CUV

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Reads a file line by line, in memory that does not depend on the file's length.
///
/// Its functions wait for the file system: call them outside of the event loops.
package final class LineFile {
    package enum Line {
        /// A line, without its line feed.
        case whole([UInt8])
        /// The last line, which has no line feed.
        case torn([UInt8])
        /// A line that is longer than `maximumLength`; it was skipped.
        case overlong
    }

    /// In bytes.
    package static let maximumLength = 4 << 20
    private static let chunkSize = 256 * 1024

    private let path: String
    private let descriptor: Int32
    /// What was read and is not yet returned: the bytes from `start`.
    private var buffer: [UInt8] = []
    private var start = 0
    /// Where the search for the next line feed continues.
    private var searched = 0
    private var isSkipping = false
    private var isAtEnd = false

    /// - Throws: `UVError` for a file that cannot be opened, and for a folder.
    package init(_ path: String) throws(UVError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw UVError(errno: errno, operation: "open \(path)") }
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            close(descriptor)
            throw UVError(code: UV_EISDIR.rawValue, operation: "read \(path)")
        }
    }

    deinit { close(descriptor) }

    /// The next line; nil after the last one.
    package func next() throws(UVError) -> Line? {
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(buffer[start..<end])
                (start, searched) = (end + 1, end + 1)
                if isSkipping {
                    isSkipping = false
                    return .overlong
                }
                return line.count > Self.maximumLength ? .overlong : .whole(line)
            }
            searched = buffer.count
            if isAtEnd {
                let rest = Array(buffer[start...])
                start = buffer.count
                if isSkipping {
                    isSkipping = false
                    return .overlong
                }
                return rest.isEmpty ? nil : .torn(rest)
            }
            if buffer.count - start > Self.maximumLength {
                isSkipping = true
                start = buffer.count
            }
            try readMore()
        }
    }

    private func readMore() throws(UVError) {
        buffer.removeFirst(start)
        (searched, start) = (searched - start, 0)
        var (count, code) = (0, Int32(0))
        buffer += [UInt8](unsafeUninitializedCapacity: Self.chunkSize) { chunk, initialized in
            repeat {
                count = read(descriptor, chunk.baseAddress, chunk.count)
                code = errno
            } while count < 0 && code == EINTR
            initialized = max(0, count)
        }
        if count < 0 { throw UVError(errno: code, operation: "read \(path)") }
        if count == 0 { isAtEnd = true }
    }
}
