internal import CUV

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The memory that the process may use.
package enum SystemMemory {
    /// In bytes: the smaller of the machine's memory and the limit of the process's control groups.
    package static var limit: Int {
        let physical = Int(clamping: uv_get_total_memory())
        #if canImport(Glibc)
            // libuv 1.44 supports only version 1 of control groups, and only the group that is mounted as root.
            let limit = ControlGroups.memoryLimit(reading: text(ofFile:)) ?? .max
            return physical > 0 ? min(physical, limit) : limit
        #else
            return physical
        #endif
    }

    #if canImport(Glibc)
        /// Nil for a file that cannot be read. Files in `/proc` report no length, so it reads to the end.
        private static func text(ofFile path: String) -> String? {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            if descriptor < 0 { return nil }
            defer { _ = close(descriptor) }
            var bytes: [UInt8] = []
            while bytes.count < 16 << 20 {
                var count = 0
                bytes += [UInt8](unsafeUninitializedCapacity: 64 * 1024) { buffer, initialized in
                    count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                    initialized = max(0, count)
                }
                if count < 0 && errno != EINTR { return nil }
                if count == 0 { break }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    #endif
}

/// The number of files and sockets that the process may have open.
package enum DescriptorLimit {
    /// The soft limit of RLIMIT_NOFILE (getrlimit(2)); `Int.max` if there is none or the call fails.
    package static var current: Int {
        var limit = rlimit()
        #if canImport(Glibc)
            let code = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
            let code = getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        return code == 0 ? Int(clamping: limit.rlim_cur) : .max
    }
}
