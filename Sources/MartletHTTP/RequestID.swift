/// What a client may call its request.
enum RequestID {
    private static let maximumLength = 128

    /// The client's own `x-request-id`, if it is short and printable enough to go into a response and a log.
    static func accepted(_ value: String?) -> String? {
        guard let value, !value.isEmpty, value.utf8.count <= maximumLength else { return nil }
        return value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? value : nil
    }
}
