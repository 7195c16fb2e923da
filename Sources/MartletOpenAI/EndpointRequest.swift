package import MartletJSON

/// What the body of an endpoint is read into.
package protocol EndpointRequest: Sendable {
    /// Every parameter of the endpoint.
    static var parameters: ParameterTable<Self> { get }
    /// The body it is read from.
    var body: JSONObject { get set }
    /// The names in the body that `parameters` does not have.
    var unknownParameters: [String] { get set }
}
