import MartletClient
import MartletUV

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

// Asks a server everything that the client can, and prints what came of it as JSON, for the tests of real servers.
// Arguments: the URL, the model, a question; and the file of a certificate authority, if there is one.

let arguments = CommandLine.arguments
guard arguments.count >= 4 else {
    StandardOutput.writeError("usage: InteropClient URL MODEL QUESTION [CA FILE]\n")
    throw ClientError(.formatError, "arguments are missing")
}
var settings = CurlSettings()
if arguments.count > 4 { settings.certificateAuthorityFile = arguments[4] }
let transport = CurlTransport(settings: settings)
if arguments[2] == "held" {
    StandardOutput.write("\(try await held(arguments[1], over: transport))\n")
    await transport.shutDown()
    exit(0)
}
let client = Client(arguments[1], apiKey: "sk-any", model: arguments[2], transport: transport)
let question = arguments[3]
var options = GenerationOptions(temperature: 0, maxTokens: 24)
let request = Client.ChatRequest(messages: [.user(question)], options: options)

/// What `body` returns, or the error it ends with.
func report(_ body: () async throws -> JSONValue) async -> JSONValue {
    do { return try await body() } catch let error as ClientError {
        return [
            "error": .string(error.reason.rawValue), "status": .number(JSONNumber(error.status ?? 0)),
            "said": .string("\(error)"),
        ]
    } catch {
        return ["error": .string("\(error)")]
    }
}

func json(_ usage: Usage?) -> JSONValue {
    usage.map { [.number(JSONNumber($0.promptTokens)), .number(JSONNumber($0.completionTokens))] } ?? .null
}

var told: JSONObject = [:]
told["models"] = await report { .array(try await client.models().map { .string($0.id) }) }
told["chat"] = await report {
    let reply = try await client.chat(request)
    return [
        "content": .string(reply.content), "finish": .string(reply.finishReason?.rawValue ?? ""),
        "usage": json(reply.usage),
    ]
}
told["stream"] = await report {
    let stream = try await client.stream(request)
    var pieces = 0
    for try await event in stream where event.text != nil { pieces += 1 }
    let reply = stream.replySoFar
    return [
        "content": .string(reply.content), "finish": .string(reply.finishReason?.rawValue ?? ""),
        "usage": json(reply.usage), "pieces": .number(JSONNumber(pieces)),
    ]
}
told["together"] = await report {
    let texts = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<32 { group.addTask { try await client.stream(request).reply().content } }
        var texts: Set<String> = []
        for try await text in group { texts.insert(text) }
        return texts
    }
    return .array(texts.sorted().map { .string($0) })
}
told["left"] = await report {
    for try await event in try await client.stream(request) where event.text != nil { break }
    return .string(try await client.chat(request).content)
}
told["complete"] = await report { .string(try await client.complete("Once upon a time", options: options).text) }
told["embed"] = await report {
    let reply = try await client.embed("one", "two")
    return .array(reply.vectors.map { .number(JSONNumber($0.count)) })
}
told["unknown"] = await report {
    var other = client
    other.model = "no-such-model"
    return .string(try await other.chat(request).content)
}
told["untrusted"] = await report {
    var other = client
    other.retry = .none
    other.transport = CurlTransport.shared
    return .string(try await other.chat(request).content)
}
await transport.shutDown()
StandardOutput.write("\(JSONValue.object(told))\n")
