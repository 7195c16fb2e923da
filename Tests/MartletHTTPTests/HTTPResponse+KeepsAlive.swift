import MartletHTTP

extension HTTPResponse {
    /// Whether the connection can carry another response; only one field with the one word says that it cannot.
    var keepsAlive: Bool { head.fields.values(of: "Connection") != ["close"] }
}
