/// A backend that answers `POST /v1/chat/completions`.
public protocol ChatBackend: Backend {
    /// Answers a conversation by emitting what it generates; the same for clients that stream and those that do not.
    ///
    /// Returning means that the model has finished (`finish_reason` `stop`), unless the backend emitted another reason
    /// or the framework found a stop string or `max_tokens` first. Throwing before the first emit is an error response
    /// with a real status (see `BackendError`); after it, an error event in the stream.
    /// The chat template is the backend's business: it gets the messages as they came.
    func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws
}
