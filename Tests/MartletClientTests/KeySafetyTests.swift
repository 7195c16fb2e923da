import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// A key is sent to its own server only, and is never printed.
struct KeySafetyTests {
    @Test func `a key is not printed`() throws {
        let key = try #require(APIKey("sk-secret"))
        var dumped = ""
        dump(key, to: &dumped)
        let client = Client("http://h", apiKey: "sk-secret")
        dump(client, to: &dumped)
        for text in ["\(key)", String(reflecting: key), "\([key])", "\(client)", dumped] {
            #expect(!text.contains("secret"))
        }
        #expect("\(key)" == "***")
        #expect(APIKey("") == nil)
    }

    @Test(arguments: [301, 302, 307, 308])
    func `a redirect keeps method and body, and the key only on the same origin`(status: Int)
        async throws
    {
        try await withFaults([.reply("elsewhere")]) { (_, other) async throws in
            for isSame in [true, false] {
                let location = isSame ? "/moved/chat" : other.url + "/moved/chat"
                try await withFaults(
                    [.json("{}", status: status, fields: ["Location": location])], [.reply("here")]
                ) { (client, server) async throws in
                    var client = client
                    client.apiKey = APIKey("sk-1")
                    client.fields = ["api-key": "sk-2"]
                    #expect(try await client.chat("Hi").content == (isSame ? "here" : "elsewhere"))
                    let last = try #require(isSame ? server.requests.last : other.requests.last)
                    #expect((last.head.method, last.head.path) == (.post, "/moved/chat"))
                    #expect(last.head.fields["Authorization"] == (isSame ? "Bearer sk-1" : nil))
                    #expect(last.head.fields["api-key"] == (isSame ? "sk-2" : nil))
                    #expect(last.body == server.requests[0].body)
                    #expect(server.requests[0].head.fields["Authorization"] == "Bearer sk-1")
                }
            }
        }
    }

    @Test func `redirect loops, and redirects from https to http or to GET, are errors`() async throws {
        try await withFaults([.json("{}", status: 307, fields: ["Location": "/again"])]) {
            (client, server) async throws in
            #expect(await failure { try await client.chat("Hi") }?.message.contains("redirects") == true)
            #expect(server.requests.count == 6)
        }
        try await withFaults([.json("{}", status: 303, fields: ["Location": "/other"])]) {
            (client, server) async throws in
            #expect(await failure { try await client.chat("Hi") }?.status == 303)
            #expect(server.requests.count == 1)
        }
        let transport = ScriptedTransport { _ in
            (IncomingHead(HTTPStatus(307), redirectURL: "http://h/v1/chat/completions"), [])
        }
        for url in ["https://h", "HTTPS://h"] {
            let client = Client(url, apiKey: "sk-1", model: "m", transport: transport)
            #expect(await failure { try await client.chat("Hi") }?.message.contains("from https") == true)
        }
        #expect(transport.requests.count == 2)
    }

    // Checklist row S4-src-29.
    @Test func `a provider that requires a key is not called without one`() async {
        let transport = ScriptedTransport { _ in (IncomingHead(), [Array(FaultStep.replyText("a").utf8)]) }
        for url in ["https://api.openai.com/v1", "https://openrouter.ai/api/v1", "https://api.anthropic.com"] {
            var client = Client(url, model: "m", transport: transport)
            let error = await failure { try await client.chat("Hi") }
            #expect(error?.reason == .auth && error?.isRetryable == false)
            client.apiKey = APIKey("sk-1")
            #expect(await failure { try await client.chat("Hi") } == nil)
        }
        #expect(transport.requests.count == 3)
    }

    @Test func `a key may be in a field`() async throws {
        let transport = ScriptedTransport { (_) async throws(TransportError) in
            (
                IncomingHead(.ok, fields: ["Content-Type": "application/json"]),
                [Array(#"{"choices":[{"message":{"content":"a"}}]}"#.utf8)]
            )
        }
        var client = Client("https://api.openai.com", model: "m", retry: .none, transport: transport)
        client.fields = ["Authorization": "Bearer k"]
        let error = await failure { try await client.chat("Hi") }
        #expect(error == nil, "\(String(describing: error))")
    }
}
