/// A secret that does not show: described, printed, dumped or interpolated it is `***`.
public struct APIKey: Sendable, Hashable {
    /// The key itself, for whoever sends it.
    package let secret: String

    /// A key; nil for an empty string, which means that there is none.
    public init?(_ secret: String) {
        if secret.isEmpty { return nil }
        self.secret = secret
    }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "***" }
    public var debugDescription: String { "***" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
