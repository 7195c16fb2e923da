/// A reference to a value of one loop that other threads can hold but not access.
///
/// Sendable because `withValue` traps on any other thread than the loop's.
package final class LoopBound<Value>: @unchecked Sendable {
    package let loop: EventLoop
    private var value: Value

    /// On the loop's thread, or before the value is shared.
    package init(_ value: Value, on loop: EventLoop) {
        self.loop = loop
        self.value = value
    }

    /// Calls `body` with the value. Traps when called on another thread than the loop's.
    package func withValue<Result, Failure>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(loop.isCurrent, "a loop's value was accessed from another thread")
        return try body(&value)
    }
}
