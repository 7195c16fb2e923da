import Martlet
import MartletTesting
import Synchronization

/// An engine as a test drives it: it keeps the mailboxes it is given, and counts how often it is woken.
final class StepEngine: Sendable {
    private let boxes = Mutex<[Mailbox]>([])
    private let wakeUps = Atomic(0)

    /// The mailboxes in the order they came; the engine drops its own when `takeAll` is called.
    var mailboxes: [Mailbox] { boxes.withLock { $0 } }
    var wakeCount: Int { wakeUps.load(ordering: .acquiring) }

    func submit(_ mailbox: Mailbox) { boxes.withLock { $0.append(mailbox) } }
    func wake() { wakeUps.add(1, ordering: .acquiringAndReleasing) }

    /// Ends the answer of the mailbox that came as number `index`.
    func finish(_ index: Int) {
        let mailbox = mailboxes[index]
        var step = MailboxStep()
        step.finish(mailbox)
        step.send()
    }

    /// Lets go of all mailboxes.
    func dropAll() { boxes.withLock { $0 = [] } }

    /// A backend that hands its requests to this engine.
    var backend: ChatProbe {
        ChatProbe { _, sink in try await sink.withMailbox(wake: self.wake) { self.submit($0) } }
    }
}
