/// A model of a running server, for its operator.
public struct ModelSummary: Sendable, Hashable {
    /// The id in requests and replies.
    public let id: String
    /// The kind of device that it runs on, as its backend's `deviceKind` says.
    public let deviceKind: String
    /// The maximum number of tokens of a prompt and its generation together; nil without a limit.
    public let contextLength: Int?
    /// What the backend says of it.
    public let details: ModelDetails

    init(_ model: ServedModel) {
        (id, contextLength, details) = (model.id, model.contextLength, model.details)
        deviceKind = model.host.backend.deviceKind
    }
}
