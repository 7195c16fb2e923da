internal import MartletHTTP
internal import MartletJSON

/// Replies of OpenAI's API: an envelope around choices, and server-sent events for streams.
struct OpenAIFormat<Choices: ChoiceFormat>: ReplyFormat {
    private let plan: ReplyPlan
    private let choices: Choices
    /// The JSON of a chunk before its choices.
    private let chunkStart: [UInt8]
    private let addedMembers: @Sendable (GenerationFacts) -> JSONObject

    /// - Parameter addedMembers: Members beside the usage, for an API whose replies are OpenAI's and more; a stream has
    ///   them in its last chunk.
    init(
        _ plan: ReplyPlan, _ choices: Choices,
        adding addedMembers: @escaping @Sendable (GenerationFacts) -> JSONObject = { _ in [:] }
    ) {
        self.plan = plan
        self.choices = choices
        self.addedMembers = addedMembers
        var start: [UInt8] = Array("{".utf8)
        Self.appendEnvelope(plan, choices, object: choices.chunkObject, to: &start)
        start.append(",\"choices\":[")
        chunkStart = start
    }

    private static func appendEnvelope(
        _ plan: ReplyPlan, _ choices: Choices, object: String, to bytes: inout [UInt8]
    ) {
        bytes.append("\"id\":")
        bytes.append(jsonString: choices.idPrefix + plan.id)
        bytes.append(",\"object\":")
        bytes.append(jsonString: object)
        bytes.append(",\"created\":")
        bytes.append(decimal: plan.created)
        bytes.append(",\"model\":")
        bytes.append(jsonString: plan.model)
        bytes.append(",\"system_fingerprint\":")
        bytes.append(jsonString: Version.fingerprint)
    }

    // MARK: Streamed

    var streamFields: HTTPFields {
        var fields: HTTPFields = ["Content-Type": ServerSentEvents.contentType]
        fields.append(contentsOf: ServerSentEvents.unbuffered)
        return fields
    }

    var heartbeat: [UInt8] { ServerSentEvents.ping }

    func append(_ delta: ReplyDelta, of choice: Int, usage: Usage?, to bytes: inout [UInt8]) {
        let start = bytes.count
        let prompt = plan.prompts[choice / plan.n]
        ServerSentEvents.beginEvent(to: &bytes)
        bytes.append(contentsOf: chunkStart)
        let before = bytes.count
        choices.appendChoice(choice, delta, of: prompt, to: &bytes)
        if bytes.count == before { return bytes.removeLast(bytes.count - start) }
        bytes.append(UInt8(ascii: "]"))
        if case .start = delta { appendBesideChoices(of: prompt, to: &bytes) }
        if let usage {
            append(usage, to: &bytes)
        } else if plan.streamOptions.includesUsage {
            bytes.append(",\"usage\":null")
        }
        bytes.append(UInt8(ascii: "}"))
        ServerSentEvents.endEvent(to: &bytes)
    }

    func appendEnd(_ facts: GenerationFacts, to bytes: inout [UInt8]) {
        let added = addedMembers(facts)
        if plan.streamOptions.includesUsage || !added.isEmpty {
            ServerSentEvents.beginEvent(to: &bytes)
            bytes.append(contentsOf: chunkStart)
            bytes.append(UInt8(ascii: "]"))
            if plan.streamOptions.includesUsage { append(facts.usage, to: &bytes) }
            append(added, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
            ServerSentEvents.endEvent(to: &bytes)
        }
        bytes.append(contentsOf: ServerSentEvents.done)
    }

    // MARK: Whole

    func wholeReply(_ whole: [AssembledChoice], _ facts: GenerationFacts) -> [UInt8] {
        var bytes: [UInt8] = Array("{".utf8)
        Self.appendEnvelope(plan, choices, object: choices.wholeObject, to: &bytes)
        bytes.append(",\"choices\":")
        bytes.append { writer in
            writer.array { writer in
                for (index, choice) in whole.enumerated() {
                    choices.write(choice, index: index, of: plan.prompts[index / plan.n], to: &writer)
                }
            }
        }
        if let prompt = plan.prompts.first { appendBesideChoices(of: prompt, to: &bytes) }
        append(facts.usage, to: &bytes)
        append(addedMembers(facts), to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private func append(_ members: JSONObject, to bytes: inout [UInt8]) {
        for (name, value) in members {
            bytes.append(UInt8(ascii: ","))
            bytes.append(jsonString: name)
            bytes.append(UInt8(ascii: ":"))
            bytes.append { $0.value(value) }
        }
    }

    private func append(_ usage: Usage, to bytes: inout [UInt8]) {
        bytes.append(",\"usage\":")
        bytes.append { $0.value(usage) }
    }

    private func appendBesideChoices(of prompt: ReplyPlan.Prompt, to bytes: inout [UInt8]) {
        guard let ids = choices.promptTokenIDs(of: prompt) else { return }
        bytes.append(name: "prompt_token_ids", ids)
    }
}
