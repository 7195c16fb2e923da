#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Has what was printed arrive, also in a pipe.
func flush() { _ = fflush(nil) }
