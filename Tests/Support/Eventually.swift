/// Why a wait was given up.
package struct TookTooLong: Error, CustomStringConvertible {
    package let description: String
}

/// Returns once `condition` holds. Other tests may keep the machine busy for many seconds, so the limit is far beyond.
///
/// - Throws: `TookTooLong` when that takes longer than a test can wait.
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
