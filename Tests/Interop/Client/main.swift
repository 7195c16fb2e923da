import MartletClient
import MartletUV

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

// Makes every call of the client and prints the results as JSON, for the tests with real servers. Arguments: the URL,
// the model, a prompt, and optionally the file of a certificate authority.

let arguments = CommandLine.arguments
guard arguments.count >= 4 else {
    StandardOutput.writeError("usage: InteropClient URL MODEL PROMPT [CA FILE]\n")
    throw ClientError(.formatError, "arguments are missing")
}
var settings = CurlSettings()
if arguments.count > 4 { settings.certificateAuthorityFile = arguments[4] }
let transport = CurlTransport(settings: settings)
if arguments[2] == "paused" {
    StandardOutput.write("\(try await readingAfterPause(arguments[1], over: transport))\n")
    await transport.shutDown()
    exit(0)
}
let client = Client(arguments[1], apiKey: "sk-any", model: arguments[2], transport: transport)
let prompt = arguments[3]
var options = GenerationOptions(temperature: 0, maxTokens: 24)
let request = Client.ChatRequest(messages: [.user(prompt)], options: options)

/// The result of `body`, or its error.
func outcome(_ body: () async throws -> JSONValue) async -> JSONValue {
    do { return try await body() } catch let error as ClientError {
        return [
            "error": .string(error.reason.rawValue), "status": .number(JSONNumber(error.status ?? 0)),
            "message": .string("\(error)"),
        ]
    } catch {
        return ["error": .string("\(error)")]
    }
}

func json(_ usage: Usage?) -> JSONValue {
    usage.map { [.number(JSONNumber($0.promptTokens)), .number(JSONNumber($0.completionTokens))] } ?? .null
}

var report: JSONObject = [:]
report["models"] = await outcome { .array(try await client.models().map { .string($0.id) }) }
report["chat"] = await outcome {
    let reply = try await client.chat(request)
    return [
        "content": .string(reply.content), "finish": .string(reply.finishReason?.rawValue ?? ""),
        "usage": json(reply.usage),
    ]
}
report["stream"] = await outcome {
    let stream = try await client.stream(request)
    var pieces = 0
    for try await event in stream where event.text != nil { pieces += 1 }
    let reply = stream.replySoFar
    return [
        "content": .string(reply.content), "finish": .string(reply.finishReason?.rawValue ?? ""),
        "usage": json(reply.usage), "pieces": .number(JSONNumber(pieces)),
    ]
}
report["concurrent"] = await outcome {
    let texts = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<32 { group.addTask { try await client.stream(request).reply().content } }
        var texts: Set<String> = []
        for try await text in group { texts.insert(text) }
        return texts
    }
    return .array(texts.sorted().map { .string($0) })
}
report["abandoned"] = await outcome {
    for try await event in try await client.stream(request) where event.text != nil { break }
    return .string(try await client.chat(request).content)
}
report["complete"] = await outcome { .string(try await client.complete("Once upon a time", options: options).text) }
report["embed"] = await outcome {
    let reply = try await client.embed("one", "two")
    return .array(reply.vectors.map { .number(JSONNumber($0.count)) })
}
report["unknown"] = await outcome {
    var other = client
    other.model = "no-such-model"
    return .string(try await other.chat(request).content)
}
report["untrusted"] = await outcome {
    var other = client
    other.retry = .none
    other.transport = CurlTransport.shared
    return .string(try await other.chat(request).content)
}
await transport.shutDown()
StandardOutput.write("\(JSONValue.object(report))\n")
