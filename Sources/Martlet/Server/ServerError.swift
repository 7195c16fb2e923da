internal import MartletUV

/// A server could not start.
public struct ServerError: Error, Sendable, CustomStringConvertible {
    /// What failed and why, in one line.
    public let description: String
    /// Whether another program uses the port.
    public let isAddressInUse: Bool
    /// Whether listening on the address failed.
    public let concernsAddress: Bool

    init(_ description: String) {
        self.description = description
        isAddressInUse = false
        concernsAddress = false
    }

    init(_ error: UVError, configuration: ServerConfiguration) {
        isAddressInUse = error.isAddressInUse
        concernsAddress = true
        description =
            isAddressInUse
            ? "cannot listen on \(configuration.host):\(configuration.port): the address is already in use"
            : "\(error)"
    }
}
