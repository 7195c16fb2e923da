public import MartletHTTP

/// Where a stream is relayed to: anything that can be written to.
public protocol RelaySink: Sendable {
    /// Sends text, waiting as long as there is no room. Throws when nobody is there any more.
    ///
    /// - Returns: How many bytes it was.
    @discardableResult
    func write(_ text: String) async throws -> Int
}

/// A response of a Martlet server that is under way.
extension ResponseBody: RelaySink {
    @discardableResult
    public func write(_ text: String) async throws -> Int {
        let bytes = Array(text.utf8)
        try await write(bytes)
        return bytes.count
    }
}

/// A sink that is a closure.
public struct ClosureSink: RelaySink {
    private let body: @Sendable (String) async throws -> Void

    /// A sink that hands everything to `body`.
    public init(_ body: @escaping @Sendable (String) async throws -> Void) { self.body = body }

    @discardableResult
    public func write(_ text: String) async throws -> Int {
        try await body(text)
        return text.utf8.count
    }
}
