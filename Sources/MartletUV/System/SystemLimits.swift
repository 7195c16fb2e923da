internal import CUV

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// How much memory the process may use.
package enum SystemMemory {
    /// In bytes: the machine's memory, or less where the process's control groups limit it.
    package static var limit: Int {
        let physical = Int(clamping: uv_get_total_memory())
        #if canImport(Glibc)
            // libuv 1.44 knows version 1 of control groups only, and only the group that is mounted as root.
            let limit = ControlGroups.memoryLimit(reading: text(ofFile:)) ?? .max
            return physical > 0 ? min(physical, limit) : limit
        #else
            return physical
        #endif
    }

    #if canImport(Glibc)
        /// Nil for a file that cannot be read. Files of `/proc` do not know their length before they are read.
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

/// How many files and sockets the process may have open.
package enum DescriptorLimit {
    /// The soft limit of RLIMIT_NOFILE (getrlimit(2)); `Int.max` where there is none or the system does not say.
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
