import Testing

/// Why a wait was given up.
struct TookTooLong: Error, CustomStringConvertible {
    let description: String
}

/// Returns once `condition` holds.
///
/// - Throws: `TookTooLong` when that takes longer than a test can wait.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        guard ContinuousClock.now < end else { throw TookTooLong(description: "Waited too long for \(what).") }
        try await Task.sleep(for: .milliseconds(5))
    }
}
