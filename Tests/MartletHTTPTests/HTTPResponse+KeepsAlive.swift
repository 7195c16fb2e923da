import MartletHTTP

extension HTTPResponse {
    /// Whether the connection can carry another response: it has no `Connection: close`.
    var keepsAlive: Bool { head.fields.values(of: "Connection") != ["close"] }
}
