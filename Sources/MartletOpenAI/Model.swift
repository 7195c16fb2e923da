/// A model of a backend, as an entry of `GET /v1/models`. A string literal is a model with that id.
public struct Model: Sendable, Hashable {
    /// The name by which requests select the model; it may contain `/` and `:`.
    public var id: String
    /// The creation time in seconds since 1970; nil means the start of the server.
    public var created: Int?
    /// The owner; nil means the backend's `modelOwner`.
    public var ownedBy: String?

    public init(id: String, created: Int? = nil, ownedBy: String? = nil) {
        self.id = id
        self.created = created
        self.ownedBy = ownedBy
    }
}

extension Model: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) {
        self.init(id: value)
    }
}
