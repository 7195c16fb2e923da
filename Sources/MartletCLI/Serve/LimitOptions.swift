import ArgumentParser
import Martlet
import MartletEngine

/// Limits on concurrency and memory.
struct LimitOptions: ParsableArguments {
    static let runningRange = 1...4096
    /// In MiB.
    static let kvMemoryRange = 1...1_048_576

    @Option(
        help: ArgumentHelp(
            "Generations that run at once. (default: 32) [env: MARTLET_RUNNING]", valueName: "count"))
    var running: Int?

    @Option(
        help: ArgumentHelp(
            """
            MiB for the KV cache; one context always fits. (default: 512) [env: MARTLET_KV_MEMORY]
            """, valueName: "mib"))
    var kvMemory: Int?

    /// An engine's limits; what is set for its model alone comes first.
    ///
    /// - Throws: `ValidationError` for a value that is not a number or out of range.
    func engineLimits(running ownRunning: Int?, kvMemory ownMemory: Int?) throws -> EngineLimits {
        var limits = EngineLimits()
        if let memory = try ownMemory ?? kvMemory ?? Environment.number("MARTLET_KV_MEMORY") {
            guard Self.kvMemoryRange.contains(memory) else {
                throw ValidationError("--kv-memory must be within 1...1048576 MiB, but it is \(memory).")
            }
            limits.cacheBytes = memory << 20
        }
        limits.running = try ownRunning ?? running ?? Environment.number("MARTLET_RUNNING") ?? limits.running
        guard Self.runningRange.contains(limits.running) else {
            throw ValidationError("--running must be within 1...4096, but it is \(limits.running).")
        }
        return limits
    }
}
