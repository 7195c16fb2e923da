package import Martlet

/// A response that a `RawClient` has read to its end, and what it had asked for.
package struct ObservedExchange: Sendable {
    /// Of the request; nil if what was sent was not recognised as one.
    package let method: String?
    package let target: String?
    package let head: ResponseHead
    /// The content, without chunk framing.
    package let body: [UInt8]
}
