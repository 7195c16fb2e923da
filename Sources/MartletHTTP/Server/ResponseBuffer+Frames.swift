internal import MartletUV

/// How a streamed response begins, and how it ends with an error.
extension ResponseBuffer {
    /// Replaces the bytes that follow the head at once. Has no effect if they have been taken, or there are none.
    package func replaceOpening(_ opening: [UInt8]) {
        state.withLock { state in
            guard case .prepared(let head, let old) = state.head, !old.isEmpty else { return }
            state.head = .prepared(head, opening: opening)
        }
    }

    /// Sets what makes the last content of a stream that an error ends. It must not retain this buffer, unless it is taken
    /// in any case.
    package func setFailureFrames(_ make: @escaping @Sendable (any Error) -> [UInt8]?) {
        state.withLock { $0.failureFrames = make }
    }

    /// Removes and returns what makes the last content of a stream that an error ends; nil if its producer has set nothing.
    package func takeFailureFrames() -> (@Sendable (any Error) -> [UInt8]?)? {
        state.withLock { state in
            defer { state.failureFrames = nil }
            return state.failureFrames
        }
    }
}
