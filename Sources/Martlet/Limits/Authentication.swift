internal import MartletHTTP
internal import MartletOpenAI

/// Authenticates the requests of one loop, and remembers the last key: a client sends the same one with every request.
final class Authentication {
    private let authenticator: any Authenticator
    /// The authenticator, if it is one whose results can be remembered.
    private let keys: StaticKeys?
    private var last: StaticKeys.Match?

    init(_ authenticator: any Authenticator) {
        self.authenticator = authenticator
        keys = authenticator as? StaticKeys
    }

    /// - Throws: The refusal of the authenticator; 401 without a credential.
    func principal(of head: RequestHead) throws(OpenAIError) -> Principal {
        let principal =
            if let keys { try keys.authenticate(head, after: &last) } else { try authenticator.authenticate(head) }
        guard let principal else {
            throw .invalidAPIKey(
                "The request has no API key. Send one as `Authorization: Bearer KEY`, `x-api-key: KEY` or `api-key: KEY`."
            )
        }
        return principal
    }
}
