internal import CUV

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// A regular file that one process appends whole lines to, and that other processes may read meanwhile.
///
/// Its functions wait for the file system: call them outside of the event loops.
package final class AppendOnlyFile {
    /// Writing failed; whole lines may have been written before.
    package struct WriteFailure: Error {
        /// The number of bytes that were written and stay: whole lines.
        package let writtenCount: Int
        package let error: UVError
    }

    package let path: String
    private let descriptor: Int32
    /// The length of the lines; what is beyond it is part of a line that could not be removed yet.
    package private(set) var size: Int
    private var hasTornEnd = false

    /// Opens the file, and creates it if there is none.
    ///
    /// - Throws: `UVError` for a file that cannot be opened or that is not a regular file.
    package init(_ path: String) throws(UVError) {
        self.path = path
        let operation = "open \(path)"
        // Without O_NONBLOCK, opening a pipe waits for its reader.
        descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o644)
        if descriptor < 0 { throw UVError(errno: errno, operation: operation) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw UVError(errno: code, operation: operation)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw UVError(code: UV_EFTYPE.rawValue, operation: operation)
        }
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Locks the file until it is closed, against other processes and other openings in this one. Returns false if
    /// another one has the lock.
    package func lock() throws(UVError) -> Bool {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        if errno == EWOULDBLOCK { return false }
        throw UVError(errno: errno, operation: "lock \(path)")
    }

    /// Whether the path still names this file.
    package var isInPlace: Bool {
        var (own, other) = (stat(), stat())
        return fstat(descriptor, &own) == 0 && stat(path, &other) == 0 && own.st_ino == other.st_ino
            && own.st_dev == other.st_dev
    }

    /// When the content was last changed, in microseconds since 1970; nil if it is not known.
    package var changeTime: Int? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        #if canImport(Glibc)
            let time = status.st_mtim
        #else
            let time = status.st_mtimespec
        #endif
        return Int(time.tv_sec) * 1_000_000 + Int(time.tv_nsec) / 1000
    }

    /// Up to `count` bytes from an offset; fewer at the end.
    package func read(at offset: Int, count: Int) throws(UVError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var (readCount, code) = (0, Int32(0))
            bytes += [UInt8](unsafeUninitializedCapacity: count - bytes.count) { buffer, initialized in
                readCount = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset + bytes.count))
                code = errno
                initialized = max(0, readCount)
            }
            if readCount == 0 { break }
            if readCount < 0 && code != EINTR { throw UVError(errno: code, operation: "read \(path)") }
        }
        return bytes
    }

    /// Appends whole lines with one system call, or more if the system takes only a part. If it fails, as on a full disk,
    /// the part of a line that was written is removed again, so that readers never see it followed by another line.
    package func append(_ lines: [UInt8]) throws(WriteFailure) {
        if hasTornEnd {
            do throws(UVError) { try truncate(to: size) } catch { throw WriteFailure(writtenCount: 0, error: error) }
        }
        SignalWatcher.blockFileSizeSignals()
        var written = 0
        while written < lines.count {
            let count = lines.withUnsafeBytes {
                write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let error = UVError(errno: count < 0 ? errno : EIO, operation: "write to \(path)")
                let whole = lines[..<written].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
                size += whole
                hasTornEnd = written > whole
                // If this fails too, it is tried again before the next line.
                if hasTornEnd { try? truncate(to: size) }
                throw WriteFailure(writtenCount: whole, error: error)
            }
            written += count
        }
        size += lines.count
    }

    /// Removes what is beyond `size`.
    package func truncate(to size: Int) throws(UVError) {
        while ftruncate(descriptor, off_t(size)) != 0 {
            if errno != EINTR { throw UVError(errno: errno, operation: "truncate \(path)") }
        }
        (self.size, hasTornEnd) = (size, false)
    }

    /// Gives the file another path. Nothing may be there.
    package func move(to path: String) throws(UVError) {
        if rename(self.path, path) != 0 { throw UVError(errno: errno, operation: "rename \(self.path) to \(path)") }
    }
}

extension UVError {
    /// An error of a system call, by its `errno`.
    init(errno code: Int32, operation: String) {
        self.init(code: uv_translate_sys_error(code), operation: operation)
    }
}

/// Folders and names of files.
package enum FileSystem {
    /// Whether there is anything at the path, also a broken link.
    package static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Makes a folder. Returns false if there is something at the path already.
    package static func makeFolder(_ path: String) throws(UVError) -> Bool {
        if mkdir(path, 0o755) == 0 { return true }
        if errno == EEXIST { return false }
        throw UVError(errno: errno, operation: "create \(path)")
    }

    /// Makes a folder and those that it is in, where they do not exist.
    package static func makeFolders(_ path: String) throws(UVError) {
        var end = path.startIndex
        while end != path.endIndex {
            let start = path.index(after: end)
            end = path[start...].firstIndex(of: "/") ?? path.endIndex
            let folder = String(path[..<end])
            if !exists(folder) { _ = try makeFolder(folder) }
        }
    }

    /// The path without symbolic links; the path itself if there is nothing at it.
    package static func resolvingLinks(in path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The working directory; nil if it is not known.
    package static var currentFolder: String? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }
}
