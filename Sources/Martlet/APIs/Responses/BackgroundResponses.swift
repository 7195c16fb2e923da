internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// Responses with `background: true`: they are generated without a connection, and clients retrieve them.
extension Service {
    /// Starts the generation of a response, and sends the response as it is now, or its events from now on.
    nonisolated(nonsending) func startInBackground(
        _ parameters: ResponseRequest, _ object: ResponseObject, _ storage: ResponseStorage, in store: ReplyStore,
        for request: ModelRequest, with backend: any ChatBackend
    ) async throws {
        var queued: [UInt8] = []
        object.append(.queued, output: [], nil, to: &queued)
        let reply = StoredReply(
            id: "resp_\(object.id)", owner: request.principal?.id, earlier: storage.earlierJSON, input: storage.input,
            content: StoredReply.Content(document: queued), isBackground: true)
        let recorder = ResponseRecorder(store, storage, id: reply.id, owner: reply.owner, reply: reply)
        let format = ResponsesFormat(object, parameters, recorder: recorder)
        reply.append(format.queuedEvents)
        let collector = BackgroundCollector(reply: reply, object: object, format: format, store: store)
        let response = ResponseBuffer.detached(
            on: request.response.loop, memory: MemoryReservation(of: memory),
            attachment: collectsFacts ? RequestFacts() : nil, receive: collector.receive)
        try response.memory.add(request.response.memory.bytes)
        reply.begin(response)
        guard store.insert(reply) else {
            reply.cancel(Self.cancelled)
            throw OpenAIError.payloadTooLarge("This conversation is larger than all that the server stores.")
        }
        let detached = ModelRequest(
            http: request.http, response: response, body: [:], model: request.model, isLarge: false,
            principal: request.principal)
        generate(parameters, format, for: detached, with: backend)
        if parameters.chat.stream {
            try await replay(reply, after: nil, in: request.response)
        } else {
            request.response.send(HTTPResponse(json: queued))
        }
    }

    /// Starts the task of a response, which is streamed to its collector.
    private func generate(
        _ parameters: ResponseRequest, _ format: ResponsesFormat, for request: ModelRequest,
        with backend: any ChatBackend
    ) {
        let errors = ResponsesErrors()
        let response = request.response
        response.updateFacts { ($0.principal, $0.model) = (request.principal, request.model.id) }
        let interrupt = { @Sendable [self] in
            response.updateFacts { $0.cancellation = .shutdown }
            fail(response, with: BackendError.unavailable("The server is stopping."), of: request.http, as: errors)
        }
        let executor: (any TaskExecutor)? = request.model.host.runsOnLoop ? response.loop : nil
        RequestTask.start(for: response, on: executor, counting: gauges.tasks, onInterrupt: interrupt) { [self] in
            let start = ContinuousClock.now
            do {
                var chat = try await fitted(parameters, for: request)
                chat.stream = true
                let showsTokens = chat.topLogprobs != nil
                try await generate(chat, for: request, with: backend, showsTokens: showsTokens, as: { _ in format })
            } catch {
                fail(response, with: error, of: request.http, as: errors)
            }
            // The exchange of the request has ended long before.
            let exchange = ExchangeFacts(
                head: request.http.head, route: "/v1/responses in the background", status: response.status,
                ending: response.isCancelled ? .clientLeft : .complete, start: start, duration: .now - start)
            records?.add(exchange, response.facts)
        }
    }
}

/// Collects the events of a response in the background. On the response's loop only.
private struct BackgroundCollector: Sendable {
    let reply: StoredReply
    let object: ResponseObject
    let format: ResponsesFormat
    let store: ReplyStore

    @Sendable func receive(_ output: ResponseBuffer.Output) {
        switch output {
        case .nothing: break
        case .part(let head, let bytes, let isLast):
            if head != nil {
                var document: [UInt8] = []
                object.append(.inProgress, output: [], nil, to: &document)
                reply.progress(document)
            }
            reply.append(ServerSentEvents.split(bytes))
            if isLast { end() }
        // An error before the generation has begun.
        case .complete(let response): end(with: Self.error(in: response))
        case .aborted: end(with: .serverError("The server could not complete the response."))
        }
    }

    private func end(with error: OpenAIError) {
        var format = format
        reply.append([format.failure(error)])
        end()
    }

    private func end() {
        reply.end()
        store.settle(reply)
    }

    private static func error(in response: HTTPResponse) -> OpenAIError {
        let error = (try? JSONValue(parsing: response.body))?.object?["error"]?.object
        return OpenAIError(
            status: response.head.status.code, message: error?["message"]?.string ?? "The response failed.",
            param: error?["param"]?.string, code: error?["code"]?.string)
    }
}
