import MartletClient
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Tool calls in fragments.
struct ToolCallStreamTests {
    /// The calls assembled from these fragments, one per chunk.
    private func calls(_ fragments: [String]) async throws -> [ToolCall] {
        let chunks = fragments.map { FaultStep.event(FaultStep.chunk(delta: #"{"tool_calls":[\#($0)]}"#)) }
        return try await withFaults([.streamHead] + chunks + [.finish("tool_calls"), .done, .close]) {
            (client, _) async throws in try await client.stream("Hi").reply().toolCalls
        }
    }

    private func fragment(_ id: String?, _ index: Int?, _ name: String?, _ arguments: String) -> String {
        var members: [String] = []
        if let id { members.append(#""id":"\#(id)""#) }
        if let index { members.append(#""index":\#(index)"#) }
        let name = name.map { #""name":"\#($0)","# } ?? ""
        members.append(#""function":{\#(name)"arguments":\#(JSONValue.string(arguments))}"#)
        return "{\(members.joined(separator: ","))}"
    }

    private typealias Fragment = (String?, Int?, String?, String)

    @Test(
        arguments: [
            // OpenAI: the id once, the index always.
            [
                ("a", 0, "f", ""), (nil, 0, nil, "{\"x\""), ("b", 1, "g", ""), (nil, 1, nil, "{\"y\":2}"),
                (nil, 0, nil, ":1}"),
            ],
            // No index.
            [("a", nil, "f", "{\"x\":"), (nil, nil, nil, "1}"), ("b", nil, "g", "{\"y\":2}")],
            // The id with every fragment, interleaved with another call's.
            [("a", 0, "f", "{\"x\":"), ("b", 0, "g", "{\"y\":"), ("a", 0, "f", "1}"), ("b", 0, "g", "2}")],
            // The id after the first fragment, and the name in every fragment.
            [(nil, 0, "f", "{\"x\":"), ("a", 0, "f", "1}"), ("b", 1, "g", "{\"y\":2}")],
            // An empty id is ignored.
            [("a", 0, "f", "{\"x\":"), ("", 0, "", "1}"), ("b", 1, "g", "{\"y\":2}")],
        ] as [[(String?, Int?, String?, String)]])
    func `fragments are added to their calls`(_ fragments: [(String?, Int?, String?, String)]) async throws {
        let calls = try await calls(fragments.map(fragment))
        #expect(calls.map(\.id) == ["a", "b"])
        #expect(calls.map(\.name) == ["f", "g"])
        #expect(calls.map(\.arguments) == ["{\"x\":1}", "{\"y\":2}"])
    }

    @Test func `calls without ids get new ones, and an arguments object becomes text`() async throws {
        let calls = try await calls([
            fragment(nil, 0, "f", "{}"), fragment(nil, 1, "g", ""),
            #"{"index":2,"function":{"name":"h","arguments":{"x":[1]}}}"#,
        ])
        #expect(calls.map(\.name) == ["f", "g", "h"])
        #expect(Set(calls.map(\.id)).count == 3 && calls.allSatisfy { !$0.id.isEmpty })
        #expect(calls.map(\.arguments) == ["{}", "{}", #"{"x":[1]}"#])
    }

    @Test func `each event has its call as assembled so far`() async throws {
        let chunks = [fragment("a", 0, "f", "{\"x\""), fragment(nil, 0, nil, ":1}")].map {
            FaultStep.event(FaultStep.chunk(delta: #"{"tool_calls":[\#($0)]}"#))
        }
        try await withFaults([.streamHead] + chunks + [.finish("tool_calls"), .done, .close]) {
            (client, _) async throws in
            var emitted: [String] = []
            for try await event in try await client.stream("Hi") {
                if case .toolCall(let delta) = event.kind {
                    emitted.append("\(delta.index) \(delta.call.id) \(delta.arguments) \(delta.call.arguments)")
                }
            }
            #expect(emitted == [#"0 a {"x" {"x""#, #"0 a :1} {"x":1}"#])
        }
    }
}
