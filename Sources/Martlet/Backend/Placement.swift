/// The threads on which a backend's methods run.
public struct Placement: Sendable, Hashable {
    enum Kind: Hashable {
        case pool, loop
        case threads(Int)
    }

    let kind: Kind

    /// Swift's global pool: for code that computes or awaits. It has one thread for each processor core, so that as
    /// many blocking calls stop everything else that runs there.
    public static let pool = Placement(kind: .pool)

    /// The event loop of the request's connection, which saves the change of threads. Only for a backend that awaits
    /// and never computes or blocks: while it does, the loop serves no other connection.
    public static let loop = Placement(kind: .loop)

    /// `count` dedicated threads, at least one: for code that blocks, such as C libraries and synchronous clients.
    ///
    /// Generation, embedding and tokenizing run there, first come, first served; while all threads are blocked, only
    /// these calls wait. `listModels()`, `start()` and `shutdown()` run on the global pool. The threads end with the
    /// server.
    public static func threads(_ count: Int) -> Placement { Placement(kind: .threads(max(1, count))) }
}
