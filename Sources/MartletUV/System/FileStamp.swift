internal import CUV

/// What shows that a file has changed: its time, its size, and which file it is.
///
/// Its functions wait for the file system: call them outside of the event loops.
package struct FileStamp: Sendable, Equatable {
    private let size: UInt64
    private let inode: UInt64
    private let seconds: Int
    private let nanoseconds: Int

    /// - Throws: `UVError` for a file that is not there, and for one that is not a regular file.
    package init(of path: String) throws(UVError) {
        let operation = "examine \(path)"
        var request = uv_fs_t()
        defer { uv_fs_req_cleanup(&request) }
        try UVError.check(uv_fs_stat(nil, &request, path, nil), operation)
        let status = request.statbuf
        // S_IFMT and S_IFREG.
        guard status.st_mode & 0o170000 == 0o100000 else {
            throw UVError(code: UV_EFTYPE.rawValue, operation: operation)
        }
        size = status.st_size
        inode = status.st_ino
        seconds = Int(status.st_mtim.tv_sec)
        nanoseconds = Int(status.st_mtim.tv_nsec)
    }

    /// The bytes of a file.
    ///
    /// - Throws: `UVError` for a file that cannot be read, or that is longer.
    package static func contents(of path: String, maximumBytes: Int) throws(UVError) -> [UInt8] {
        let operation = "read \(path)"
        var request = uv_fs_t()
        let file = uv_fs_open(nil, &request, path, UV_FS_O_RDONLY, 0, nil)
        uv_fs_req_cleanup(&request)
        try UVError.check(file, operation)
        defer {
            uv_fs_close(nil, &request, file, nil)
            uv_fs_req_cleanup(&request)
        }
        var bytes: [UInt8] = []
        var chunk = [CChar](repeating: 0, count: 64 * 1024)
        while true {
            let count = chunk.withUnsafeMutableBufferPointer { chunk in
                var buffer = uv_buf_init(chunk.baseAddress, UInt32(chunk.count))
                return uv_fs_read(nil, &request, file, &buffer, 1, -1, nil)
            }
            uv_fs_req_cleanup(&request)
            try UVError.check(count, operation)
            if count == 0 { return bytes }
            bytes += chunk.prefix(Int(count)).lazy.map { UInt8(bitPattern: $0) }
            if bytes.count > maximumBytes { throw UVError(code: UV_EFBIG.rawValue, operation: operation) }
        }
    }
}
