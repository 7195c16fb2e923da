import Testing

/// Waits until `condition` holds; an issue if it never does. Other tests may keep every thread of the pool busy for ten
/// seconds and more, so the limit is far beyond that.
func eventually(
    _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async -> Bool
) async {
    let end = ContinuousClock.now + .seconds(60)
    while !(await condition()) {
        if ContinuousClock.now > end {
            Issue.record("never happened: \(what)", sourceLocation: sourceLocation)
            return
        }
        try? await Task.sleep(for: .milliseconds(2))
    }
}
