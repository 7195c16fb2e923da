import Testing

/// Waits until `condition` holds; a generous while later that is a failure.
nonisolated(nonsending) func eventually(
    sourceLocation: SourceLocation = #_sourceLocation, _ condition: nonisolated(nonsending) () async -> Bool
) async throws {
    let end = ContinuousClock.now + .seconds(20)
    while await !condition() {
        guard ContinuousClock.now < end else {
            Issue.record("Never came true.", sourceLocation: sourceLocation)
            throw CancellationError()
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}
