/// A model that a backend offers, as `GET /v1/models` lists it. A string literal is a model with that id.
public struct Model: Sendable, Hashable {
    /// The name that requests ask for; it may hold `/` and `:`.
    public var id: String
    /// When the model was made, in seconds since 1970; the server's start if unknown.
    public var created: Int?
    /// Who owns it; the backend's `modelOwner` if not said.
    public var ownedBy: String?

    /// A model; what is left out the server fills in.
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
