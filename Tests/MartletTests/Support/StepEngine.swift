import Martlet
import MartletTesting
import Synchronization

/// An engine that a test drives: it retains its mailboxes and counts how often it is woken.
final class StepEngine: Sendable {
    private let boxes = Mutex<[Mailbox]>([])
    private let wakeUps = Atomic(0)

    /// The mailboxes in the order of submission. `takeAll` releases the engine's references.
    var mailboxes: [Mailbox] { boxes.withLock { $0 } }
    var wakeCount: Int { wakeUps.load(ordering: .acquiring) }

    func submit(_ mailbox: Mailbox) { boxes.withLock { $0.append(mailbox) } }
    func wake() { wakeUps.add(1, ordering: .acquiringAndReleasing) }

    /// Finishes the mailbox that was submitted as number `index`.
    func finish(_ index: Int) {
        let mailbox = mailboxes[index]
        var step = MailboxStep()
        step.finish(mailbox)
        step.send()
    }

    /// Releases all mailboxes.
    func dropAll() { boxes.withLock { $0 = [] } }

    /// A backend that submits its requests to this engine.
    var backend: ChatProbe {
        ChatProbe { _, sink in try await sink.withMailbox(wake: self.wake) { self.submit($0) } }
    }
}
