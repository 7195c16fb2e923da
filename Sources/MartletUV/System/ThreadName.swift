#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The name of a thread in tools such as `top -H`.
enum ThreadName {
    /// Names the calling thread; 15 bytes at most. Without effect where the system does not permit it.
    static func set(_ name: String) {
        #if canImport(Glibc)
            // `pthread_setname_np` is an extension that the C library's headers hide from Swift.
            let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
            if descriptor < 0 { return }
            _ = write(descriptor, name, name.utf8.count)
            close(descriptor)
        #else
            pthread_setname_np(name)
        #endif
    }
}
