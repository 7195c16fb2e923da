#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Standard output and standard error without a buffer between: what is written to a pipe arrives at once.
package enum StandardOutput {
    package static func write(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// What may hold text from outside: only its line feeds reach the terminal as they are.
    package static func writeError(_ text: String) {
        write(text.escapingInvisibles(keepingLineFeeds: true), to: STDERR_FILENO)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            #if canImport(Glibc)
                let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            #else
                let count = bytes.withUnsafeBytes { Darwin.write(descriptor, $0.baseAddress, $0.count) }
            #endif
            // A reader that has gone is no reason to stop serving.
            if count <= 0 { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
