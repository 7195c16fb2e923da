/// A value that lives on one loop, as something that other threads can hold but not touch.
///
/// Sendable because `withValue` stops the program on any thread but the loop's.
package final class LoopBound<Value>: @unchecked Sendable {
    package let loop: EventLoop
    private var value: Value

    /// On the loop's thread, or before the value is shared.
    package init(_ value: Value, on loop: EventLoop) {
        self.loop = loop
        self.value = value
    }

    /// Calls `body` with the value. On the loop's thread only: anything else is a bug of ours and stops the program.
    package func withValue<Result>(_ body: (inout Value) -> Result) -> Result {
        precondition(loop.isCurrent, "a loop's value was touched from another thread")
        return body(&value)
    }
}
