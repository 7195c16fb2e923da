#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

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
