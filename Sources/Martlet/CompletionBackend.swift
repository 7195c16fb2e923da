/// A backend that answers `POST /v1/completions`.
public protocol CompletionBackend: Backend {
    /// Continues one prompt, given as token ids. A request with several prompts calls this for each.
    ///
    /// Prompts given as text reach a backend that is also `Tokenizing`; without it they are a 400 that says so.
    func generateFromTokens(_ request: TokenRequest, to sink: StreamSink) async throws
}
