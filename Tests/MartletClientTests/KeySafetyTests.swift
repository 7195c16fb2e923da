import MartletClient
import MartletTestSupport
import MartletTesting
import Testing

/// A key goes to the server that it is meant for, and nowhere else.
struct KeySafetyTests {
    @Test func `a key does not show`() throws {
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
    func `a redirect is followed with all that was asked, and with the key only on the same server`(status: Int)
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

    @Test func `redirects that never end, or lead out of TLS, or to a GET, are errors`() async throws {
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
        let client = Client("https://h", apiKey: "sk-1", model: "m", transport: transport)
        #expect(await failure { try await client.chat("Hi") }?.message.contains("from https") == true)
        #expect(transport.requests.count == 1)
    }
}
