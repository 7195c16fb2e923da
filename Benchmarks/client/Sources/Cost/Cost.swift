#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a process was asked to do, and what it cost it.
public struct Cost: Sendable {
    /// The server.
    public let url: String
    /// How many streams at once.
    public let streams: Int
    private let before: Double

    /// Reads `URL STREAMS` from the command line, and starts to count.
    public init() {
        url = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : ""
        streams = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 1 : 1
        before = Self.seconds
    }

    /// The processor's time so far, in seconds.
    private static var seconds: Double {
        var usage = rusage()
        #if canImport(Glibc)
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #else
            getrusage(RUSAGE_SELF, &usage)
        #endif
        let times = [usage.ru_utime, usage.ru_stime]
        return times.reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }

    /// Prints how many tokens came, and how many microseconds of the processor each took.
    public func report(_ tokens: Int) {
        print("\(tokens) \((Self.seconds - before) * 1e6 / Double(max(tokens, 1)))")
    }
}
