/// What of a request's body stays in memory once it is decoded, for a backend that reads more than the decoded fields.
///
/// A body of many token ids takes ten times its length as JSON: requests that wait for their turn are smaller without.
public struct RetainedBody: OptionSet, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The body as JSON: `body` of the request values. Empty without.
    public static let json = RetainedBody(rawValue: 1)
    /// The body's bytes as they came: `context.body`. Empty without.
    public static let bytes = RetainedBody(rawValue: 2)
}
