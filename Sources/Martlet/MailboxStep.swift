internal import MartletUV

/// What an engine's one step has to say to all of its streams: every loop is woken once, when the step is sent.
public struct MailboxStep: ~Copyable {
    private var signals: [(loop: EventLoop, flushes: [@Sendable () -> Void])] = []
    private var finished: [Mailbox] = []

    public init() {}

    deinit { deliver() }

    /// Puts an event into a mailbox. It leaves with the step.
    public mutating func offer(_ event: StreamEvent, to mailbox: Mailbox) {
        guard let stream = mailbox.receive(event)?.stream else { return }
        if let index = signals.firstIndex(where: { $0.loop === stream.loop }) {
            signals[index].flushes.append(stream.flush)
        } else {
            signals.append((stream.loop, [stream.flush]))
        }
    }

    /// Says that a mailbox's generation is complete. Its request ends when the step is sent.
    public mutating func finish(_ mailbox: Mailbox) { finished.append(mailbox) }

    /// Wakes the loops. A step that goes out of scope is sent too.
    public consuming func send() {}

    private func deliver() {
        for (loop, flushes) in signals { loop.atEndOfTurn(flushes) }
        for mailbox in finished { mailbox.finish() }
    }
}
