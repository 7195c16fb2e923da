internal import MartletUV

/// Why a server did not start.
public struct ServerError: Error, Sendable, CustomStringConvertible {
    /// One line that says what could not be done, and why.
    public let description: String
    /// Whether another program has the port: one can try the next.
    public let isAddressInUse: Bool
    /// Whether the address could not be listened on, for this reason or another.
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
