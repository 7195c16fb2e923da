/// Where a backend's methods run.
public struct Placement: Sendable, Hashable {
    private let name: String

    /// On Swift's global pool, which is where code that computes belongs.
    public static let pool = Placement(name: "pool")

    /// On the connection's own loop: no thread is changed between the client's bytes and the backend.
    /// Only for a backend that awaits and never computes. While it computes, no other connection is served.
    public static let loop = Placement(name: "loop")
}
