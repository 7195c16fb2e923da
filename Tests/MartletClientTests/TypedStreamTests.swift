import MartletClient
import MartletTestSupport
import MartletTesting
import Testing

/// Typed replies while they arrive.
struct TypedStreamTests {
    struct Recipe: Decodable, Equatable, Sendable { var title: String, minutes: Int?, steps: [String] }

    private static let pieces = [
        "{\"title\"", ": \"Pan", "cakes", "\", \"min", "utes\": 1", "5, \"steps\": [\"Stir", ".\", \"", "Fry.\"]", "}",
    ]
    private static let pancakes = Recipe(title: "Pancakes", minutes: 15, steps: ["Stir.", "Fry."])

    private static func steps(_ pieces: [String], _ ending: [FaultStep] = [.finish(), .done, .close]) -> [FaultStep] {
        [.streamHead] + pieces.map { .delta($0) } + ending
    }

    /// What a stream yields until it ends or throws.
    private func read<Value>(
        _ stream: TypedStream<Value>
    ) async -> (partials: [JSONValue], values: [Value], error: TypedReplyError?) {
        var (partials, values): ([JSONValue], [Value]) = ([], [])
        do {
            for try await event in stream {
                switch event {
                case .partial(let json): partials.append(json)
                case .value(let value): values.append(value)
                }
            }
        } catch {
            return (partials, values, error)
        }
        return (partials, values, nil)
    }

    @Test func `a stream yields the JSON so far, and then one value`() async throws {
        try await withFaults(Self.steps(Self.pieces)) { (client, server) async throws in
            let stream = try await client.stream("A recipe for pancakes.", as: Recipe.self)
            let (partials, values, error) = await read(stream)
            #expect(
                partials == [
                    [:], ["title": "Pan"], ["title": "Pancakes"],
                    ["title": "Pancakes", "minutes": 15, "steps": ["Stir"]],
                    ["title": "Pancakes", "minutes": 15, "steps": ["Stir.", ""]],
                    ["title": "Pancakes", "minutes": 15, "steps": ["Stir.", "Fry."]],
                ])
            #expect(values == [Self.pancakes] && error == nil)
            #expect(stream.ending?.name == "finished stop")
            #expect(stream.replySoFar.content == Self.pieces.joined())
            let body = server.bodies.first
            #expect(body?["stream"] == true)
            #expect(body?["response_format"]?.object?["json_schema"]?.object?["strict"] == true)
        }
    }

    @Test func `the partial values of an object around a value are its own`() async throws {
        try await withFaults(Self.steps(["{\"val", "ue\":", "[1,", "2", "]}"])) { (client, _) async throws in
            let (partials, values, _) = await read(try await client.stream("Hi", as: [Int].self))
            #expect(partials == [[1], [1, 2]])
            #expect(values == [[1, 2]])
        }
    }

    @Test func `the value is read without the events in between`() async throws {
        try await withFaults(Self.steps(Self.pieces), Self.steps(["{}"])) { (client, _) async throws in
            let typed = try await client.stream([.user("Hi")], as: Recipe.self).reply()
            #expect(typed.value == Self.pancakes && typed.message.text == Self.pieces.joined())
            let stream = try await client.stream("Hi", as: Recipe.self)
            await #expect(throws: TypedReplyError.self) { try await stream.reply() }
        }
    }

    @Test func `reasoning comes before the JSON, and a server may not stream at all`() async throws {
        let thinking = FaultStep.event(FaultStep.chunk(delta: #"{"reasoning_content":"{\"a\":"}"#))
        try await withFaults(
            [
                .streamHead, thinking, .delta("<think>{</think>"), .delta(Self.pieces.joined()), .finish(), .done,
                .close,
            ],
            [.reply(Self.pieces.joined())]
        ) { (client, _) async throws in
            for _ in 0..<2 {
                let (partials, values, _) = await read(try await client.stream("Hi", as: Recipe.self))
                #expect(partials.count == 1 && values == [Self.pancakes])
            }
        }
    }

    @Test func `the first choice is the value`() async throws {
        let other = FaultStep.event(#"{"choices":[{"index":1,"delta":{"content":"{\"x\":1}"},"finish_reason":null}]}"#)
        let end = FaultStep.event(#"{"choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}"#)
        try await withFaults([.streamHead, other, .delta("[]"), .finish(), end, .done, .close]) {
            (client, _) async throws in
            let stream = try await client.stream("Hi", as: [Int].self)
            let (partials, values, error) = await read(stream)
            #expect(partials.isEmpty && values.isEmpty)
            guard case .invalid("[]", "", _) = error else {
                Issue.record("\(error.debugDescription)")
                return
            }
        }
    }

    @Test func `a stream without a value throws after what arrived`() async throws {
        let error = FaultStep.event(#"{"error":{"message":"out of memory","type":"server_error"}}"#)
        let refusal = FaultStep.event(FaultStep.chunk(delta: #"{"refusal":"No."}"#))
        let cases: [([FaultStep], String)] = [
            ([.finish("length"), .done, .close], "truncated {\"title\": \"Pan"),
            ([.finish("content_filter"), .done, .close], "refused {\"title\": \"Pan"),
            ([refusal, .finish(), .done, .close], "refused No."),
            ([.finish(), .done, .close], "invalid "), ([.delta("\"}}"), .finish(), .done, .close], "invalid "),
            ([.close], "failed interrupted"), ([error, .close], "failed server_error"),
        ]
        for (ending, text) in cases {
            try await withFaults(Self.steps(["{\"title\"", ": \"Pan"], ending)) { (client, server) async throws in
                let stream = try await client.stream("Hi", as: Recipe.self)
                let (partials, values, error) = await read(stream)
                #expect(partials == [[:], ["title": "Pan"]])
                #expect(values.isEmpty && error?.name == text)
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test func `a status and an unsuitable request are errors of the call`() async throws {
        try await withFaults([.failure(400, "no response_format")], Self.steps(Self.pieces)) {
            (client, server) async throws in
            let refused = await #expect(throws: TypedReplyError.self) {
                try await client.stream("Hi", as: Recipe.self)
            }
            #expect(refused?.name == "failed format_error")
            let unsuitable = await #expect(throws: TypedReplyError.self) {
                try await client.stream("Hi", as: [String: Int].self)
            }
            #expect(unsuitable?.name == "failed format_error")
            #expect(server.requests.count == 1)
        }
    }

    @Test func `leaving the loop closes the connection`() async throws {
        try await withFaults(Self.steps(Self.pieces, [.stall])) { (client, server) async throws in
            for try await event in try await client.stream("Hi", as: Recipe.self) {
                if case .partial(["title": "Pancakes"]) = event { break }
            }
            try await eventually { server.openConnections == 0 }
        }
    }

    @Test func `a long reply in small pieces is read to its end`() async throws {
        let text = "{\"value\":[" + (0..<2000).map { "\"\($0) ü\\n\"" }.joined(separator: ", ") + "]}"
        let pieces = stride(from: 0, to: text.count, by: 3).map { start in
            String(text.dropFirst(start).prefix(3))
        }
        try await withFaults(Self.steps(pieces)) { (client, _) async throws in
            var last: JSONValue?
            for try await event in try await client.stream("Hi", as: [String].self) {
                switch event {
                case .partial(let json): last = json
                case .value(let value): #expect(value.count == 2000 && last?.array?.count == 2000)
                }
            }
        }
    }
}

extension TypedReplyError {
    /// The name of the case, with its text or the reason of its error.
    fileprivate var name: String {
        switch self {
        case .failed(let error): "failed \(error.reason.rawValue)"
        case .truncated(let text): "truncated \(text)"
        case .refused(let text): "refused \(text)"
        case .invalid(_, let path, _): "invalid \(path)"
        }
    }
}
