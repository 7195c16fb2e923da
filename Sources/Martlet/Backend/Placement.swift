/// Where a backend's methods run.
public struct Placement: Sendable, Hashable {
    enum Kind: Hashable {
        case pool, loop
        case threads(Int)
    }

    let kind: Kind

    /// On Swift's global pool, which is where code that computes belongs. It has as many threads as there are
    /// processors: as many calls that block stop everything else that runs there.
    public static let pool = Placement(kind: .pool)

    /// On the connection's own loop: no thread is changed between the client's bytes and the backend.
    /// Only for a backend that awaits and never computes. While it computes, no other connection is served.
    public static let loop = Placement(kind: .loop)

    /// On `count` threads of the backend's own, at least one, for code that blocks: C libraries, synchronous clients.
    ///
    /// Generating, embedding and tokenizing run there, in the order they come; while all threads are blocked, only these
    /// wait. `listModels()`, `start()` and `shutdown()` run on the global pool. The threads end with the server.
    public static func threads(_ count: Int) -> Placement { Placement(kind: .threads(max(1, count))) }
}
