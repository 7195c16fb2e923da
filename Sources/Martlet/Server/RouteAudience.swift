/// Who a route is for, and so at which addresses it exists.
public struct RouteAudience: Sendable, Hashable {
    private enum Kind: Hashable { case clients, operators }
    private let kind: Kind

    /// Clients of the API: the route exists at the addresses of `ServerConfiguration.listen`.
    public static let clients = RouteAudience(kind: .clients)
    /// Those who run the server: the route exists at the addresses of `ServerConfiguration.adminListen`, or, if there are
    /// none, at those of the clients.
    public static let operators = RouteAudience(kind: .operators)
}
