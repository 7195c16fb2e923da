internal import CUV

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The machine that the process runs on.
package enum HostSystem {
    /// The host's name; empty if it is not known.
    package static var name: String {
        var bytes = [CChar](repeating: 0, count: 256)
        var count = bytes.count
        if uv_os_gethostname(&bytes, &count) != 0 { return "" }
        return String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The operating system: `linux` or `macos`.
    package static var operatingSystem: String {
        #if os(Linux)
            "linux"
        #elseif os(macOS)
            "macos"
        #else
            "other"
        #endif
    }

    /// The processor's architecture, as `uname -m` names it.
    package static var architecture: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64) && os(Linux)
            "aarch64"
        #elseif arch(arm64)
            "arm64"
        #else
            "other"
        #endif
    }
}

/// The terminal of standard output.
package enum Terminal {
    package static var isOutput: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Its width in characters; nil without a terminal.
    package static var width: Int? {
        var size = winsize()
        guard isOutput, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
