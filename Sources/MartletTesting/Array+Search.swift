#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

extension [UInt8] {
    /// Where the first occurrence of `pattern` ends; nil if there is none. Quick also in builds without optimization,
    /// in which tests read megabytes.
    func end(ofFirst pattern: [UInt8]) -> Int? {
        guard let first = pattern.first else { return 0 }
        return withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return nil }
            var offset = 0
            while bytes.count - offset >= pattern.count {
                let candidates = bytes.count - pattern.count + 1 - offset
                guard let found = memchr(start + offset, Int32(first), candidates) else { return nil }
                offset = UnsafeRawPointer(found) - start
                if memcmp(found, pattern, pattern.count) == 0 { return offset + pattern.count }
                offset += 1
            }
            return nil
        }
    }
}
