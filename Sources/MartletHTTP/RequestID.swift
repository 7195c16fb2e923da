/// What a request goes by in `x-request-id`: the client's own id if it sent a sane one, otherwise one of ours.
struct RequestID {
    private static let maximumLength = 128

    let unique: UniqueID
    private let given: String?

    /// `given` is accepted if it is short and printable enough to go into a response and a log.
    init(_ unique: UniqueID, given: String? = nil) {
        self.unique = unique
        guard let given, !given.isEmpty, given.utf8.count <= Self.maximumLength,
            given.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            self.given = nil
            return
        }
        self.given = given
    }

    var text: String { given ?? "req_\(unique.text)" }

    func append(to bytes: inout [UInt8]) {
        if let given { return bytes.append(contentsOf: given.utf8) }
        bytes.append(contentsOf: Self.prefix)
        unique.append(to: &bytes)
    }

    private static let prefix = Array("req_".utf8)
}
