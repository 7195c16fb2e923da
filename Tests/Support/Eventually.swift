/// The error of a wait that exceeded its limit.
package struct TookTooLong: Error, CustomStringConvertible {
    package let description: String
}

/// Returns once `condition` is true. The default limit is generous, because other tests may keep the machine busy for
/// many seconds.
///
/// - Throws: `TookTooLong` when the limit is exceeded.
package nonisolated(nonsending) func eventually(
    _ what: @autoclosure () -> String = "what never came true", within limit: Duration = .seconds(60),
    pause: Duration = .milliseconds(2),
    _ condition: nonisolated(nonsending) () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < end else {
            throw TookTooLong(description: "Waited too long for \(what()).")
        }
        try await Task.sleep(for: pause)
    }
}
