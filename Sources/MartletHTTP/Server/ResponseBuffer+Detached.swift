package import MartletUV

/// Responses that no connection writes.
extension ResponseBuffer {
    private struct WeakReference { weak var buffer: ResponseBuffer? }

    /// A response whose output goes to `receive`, on the loop, instead of to a client. Whoever needs the output retains the
    /// response until it has ended.
    package static func detached(
        on loop: EventLoop, memory: consuming MemoryReservation = MemoryReservation(of: .unlimited),
        attachment: (any AnyObject & Sendable)? = nil, receive: @escaping @Sendable (Output) -> Void
    ) -> ResponseBuffer {
        let reference = Locked(WeakReference())
        let buffer = ResponseBuffer(on: loop, memory: memory, attachment: attachment) {
            guard let buffer = reference.withLock({ $0.buffer }) else { return }
            let output = buffer.take()
            buffer.didWrite(unsent: 0)
            receive(output)
        }
        reference.withLock { $0.buffer = buffer }
        return buffer
    }
}
