#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A dedicated thread for computation, so that neither the event loops nor Swift's global pool compute.
///
/// It runs one turn after the other while there is work. When a turn reports that there is none, it sleeps until a
/// message is posted or it is woken. Ends with `stop()`, or with the last reference to it.
package final class EngineThread<Message: Sendable>: Sendable {
    private let inbox = Inbox<Message>()

    /// - Parameter start: called once, on the thread. The closure that it returns is called for each turn with the messages
    ///   posted since the last one, and returns whether there is work left. It never leaves the thread.
    package init(_ start: @escaping @Sendable () -> (_ messages: [Message]) -> Bool) {
        let inbox = inbox
        ThreadBody.start {
            Self.run(start, inbox)
            inbox.abandon()
        }
    }

    /// Releases what `start` returned when it is done.
    private static func run(_ start: () -> ([Message]) -> Bool, _ inbox: Inbox<Message>) {
        let turn = start()
        var hasWork = false
        while let messages = inbox.take(waiting: !hasWork) { hasWork = turn(messages) }
    }

    deinit {
        inbox.close()
    }

    /// Hands a message to the next turn. Returns false after `stop()`: the message will not be read.
    package func post(_ message: Message) -> Bool {
        inbox.post(message)
    }

    /// Requests a turn without a message, because something that turns read has changed.
    package func wake() {
        inbox.wake()
    }

    /// Suspends until the current turn has ended and everything on the thread is released. There will be no other turn.
    package func stop() async {
        inbox.close()
        await inbox.awaitAbandonment()
    }
}

/// Carries a closure to a detached thread.
private final class ThreadBody: Sendable {
    private let body: @Sendable () -> Void

    private init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }

    static func start(_ body: @escaping @Sendable () -> Void) {
        let argument = Unmanaged.passRetained(ThreadBody(body)).toOpaque()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let status = pthread_create(&thread, &attributes, runThreadBody, argument)
        precondition(status == 0, "the system has no thread left for the model")
    }

    static func run(_ argument: UnsafeMutableRawPointer) {
        Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().body()
    }
}

// The two families of systems import pthread_create with different optionals.
#if canImport(Darwin)
    private typealias ThreadArgument = UnsafeMutableRawPointer
#else
    private typealias ThreadArgument = UnsafeMutableRawPointer?
#endif

private func runThreadBody(_ argument: ThreadArgument) -> UnsafeMutableRawPointer? {
    let argument: UnsafeMutableRawPointer? = argument
    if let argument { ThreadBody.run(argument) }
    return nil
}
