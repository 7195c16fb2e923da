internal import MartletUV

/// A server could not start.
public struct ServerError: Error, Sendable, CustomStringConvertible {
    /// What failed and why, in one line.
    public let description: String
    /// Whether another program uses the port.
    public let isAddressInUse: Bool
    /// Whether listening on the address failed.
    public let concernsAddress: Bool

    package init(_ description: String) {
        self.description = description
        isAddressInUse = false
        concernsAddress = false
    }

    /// The loops could not be started.
    init(_ error: UVError) { self.init("\(error)") }

    /// An address could not be listened on.
    init(_ error: UVError, address: ListenAddress) {
        isAddressInUse = error.isAddressInUse
        concernsAddress = true
        description = isAddressInUse ? "cannot listen on \(address): the address is already in use" : "\(error)"
    }
}
