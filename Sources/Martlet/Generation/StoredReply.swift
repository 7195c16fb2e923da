internal import MartletHTTP
internal import MartletUV

/// A reply that its client may retrieve later: its document, and the items that it answered and consists of, as JSON. Of
/// a generation in the background also the events. Safe to use from any thread.
final class StoredReply: Sendable {
    /// What is known of the reply so far.
    struct Content: Sendable {
        /// The reply as clients retrieve it.
        var document: [UInt8]
        /// The items of the reply; empty until it has ended.
        var output: [[UInt8]] = []
    }

    private struct State {
        var content: Content
        /// Whether the content is that of the end.
        var hasEnded: Bool
        var events: [[UInt8]] = []
        /// The response of a generation in the background that has not ended.
        var run: ResponseBuffer?
        var listeners: [Int: @Sendable () -> Void] = [:]
        var nextListener = 0
    }

    let id: String
    /// The id of the principal who may retrieve it; nil without principals.
    let owner: String?
    /// The items of the conversation before the request.
    let earlier: [[UInt8]]
    /// The items of the request.
    let input: [[UInt8]]
    let isBackground: Bool
    private let state: Locked<State>

    init(
        id: String, owner: String?, earlier: [[UInt8]], input: [[UInt8]], content: Content, isBackground: Bool = false
    ) {
        (self.id, self.owner, self.earlier, self.input) = (id, owner, earlier, input)
        self.isBackground = isBackground
        state = Locked(State(content: content, hasEnded: !isBackground))
    }

    var content: Content { state.withLock { $0.content } }

    /// All items of the conversation up to the end of the reply.
    var conversation: [[UInt8]] { earlier + input + content.output }

    /// The approximate memory in bytes.
    var size: Int {
        func size(_ items: [[UInt8]]) -> Int { items.reduce(0) { $0 + $1.count + 32 } }
        let own = state.withLock { $0.content.document.count + size($0.content.output) + size($0.events) }
        return own + size(earlier) + size(input) + 512
    }

    // MARK: A generation in the background

    var isRunning: Bool { state.withLock { $0.run != nil } }

    func begin(_ run: ResponseBuffer) { state.withLock { $0.run = run } }

    /// The generation has begun. Has no effect once it has ended.
    func progress(_ document: [UInt8]) {
        state.withLock { state in if !state.hasEnded { state.content.document = document } }
    }

    /// The reply has ended. The first end counts.
    func end(with content: Content) {
        state.withLock { state in
            if state.hasEnded { return }
            (state.content, state.hasEnded) = (content, true)
        }
    }

    /// Appends complete events. Has no effect after `end()` and `cancel(_:)`.
    func append(_ events: [[UInt8]]) {
        change { state in if state.run != nil || !state.hasEnded { state.events += events } }
    }

    /// No events follow.
    func end() { change { $0.run = nil } }

    /// Ends the generation, which is not wanted any more. `end` makes the content of the end, and the last event, from the
    /// document and the events so far. Returns false if it has ended already.
    @discardableResult
    func cancel(_ end: (_ document: [UInt8], _ events: [[UInt8]]) -> (content: Content, event: [UInt8])) -> Bool {
        let run = state.withLock { state -> ResponseBuffer? in
            guard let run = state.run, !state.hasEnded else { return nil }
            let (content, event) = end(state.content.document, state.events)
            (state.content, state.hasEnded, state.run) = (content, true, nil)
            state.events.append(event)
            return run
        }
        guard let run else { return false }
        run.cancel()
        self.end()
        return true
    }

    /// Ends the generation with an error, because the server stops.
    func interrupt() { state.withLock { $0.run }?.interrupt() }

    /// The events from `index` on, and whether no more will follow.
    func events(from index: Int) -> (events: ArraySlice<[UInt8]>, isOver: Bool) {
        state.withLock { ($0.events.dropFirst(index), $0.run == nil) }
    }

    /// Calls `listener`, on any thread, after each change.
    func addListener(_ listener: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.nextListener += 1
            state.listeners[state.nextListener] = listener
            return state.nextListener
        }
    }

    func removeListener(_ number: Int) { state.withLock { $0.listeners[number] = nil } }

    private func change(_ change: (inout State) -> Void) {
        let listeners = state.withLock { state in
            change(&state)
            return Array(state.listeners.values)
        }
        for listener in listeners { listener() }
    }
}
