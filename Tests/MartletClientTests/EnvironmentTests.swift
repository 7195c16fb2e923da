import MartletClient
import MartletTestSupport
import Testing

/// Clients configured by environment variables.
struct EnvironmentTests {
    @Test func `a key alone selects OpenAI`() throws {
        let client = try Client.fromEnvironment(model: "m", environment: ["OPENAI_API_KEY": " sk-1\n"])
        #expect(client.baseURL.description == "https://api.openai.com/v1")
        #expect(client.apiKey == APIKey("sk-1"))
        #expect((client.model, client.dialect) == ("m", .openAI))
    }

    @Test func `another address works with a key and without`() throws {
        for (address, url) in [
            ("http://localhost:8080", "http://localhost:8080/v1"), ("localhost:11434/", "http://localhost:11434/v1"),
            ("https://host/v1beta/openai", "https://host/v1beta/openai"),
        ] {
            let client = try Client.fromEnvironment(environment: ["OPENAI_BASE_URL": address, "OPENAI_API_KEY": "k"])
            #expect((client.baseURL.description, client.apiKey) == (url, APIKey("k")))
            #expect(try Client.fromEnvironment(environment: ["OPENAI_BASE_URL": address]).apiKey == nil)
        }
    }

    @Test func `Anthropic's variables configure the Messages API`() throws {
        let variables = ["ANTHROPIC_API_KEY": "sk-2", "OPENAI_API_KEY": "sk-1"]
        let client = try Client.fromEnvironment(dialect: .messages, environment: variables)
        #expect(client.baseURL.description == "https://api.anthropic.com/v1")
        #expect((client.apiKey, client.dialect) == (APIKey("sk-2"), .messages))
        let own = ["ANTHROPIC_BASE_URL": "http://localhost:8080", "OPENAI_BASE_URL": "http://other"]
        let local = try Client.fromEnvironment(dialect: .messages, environment: own)
        #expect((local.baseURL.description, local.apiKey) == ("http://localhost:8080/v1", nil))
        for (environment, word) in [
            (["OPENAI_API_KEY": "sk-1"], "ANTHROPIC_API_KEY"),
            (["ANTHROPIC_BASE_URL": "ftp://x"], "ANTHROPIC_BASE_URL"),
        ] {
            let error = #expect(throws: ClientError.self) {
                try Client.fromEnvironment(dialect: .messages, environment: environment)
            }
            #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
        }
    }

    @Test(
        arguments: [
            ([:], .auth, "OPENAI_API_KEY"), (["OPENAI_API_KEY": ""], .auth, "OPENAI_API_KEY"),
            (["OPENAI_BASE_URL": ""], .auth, "OPENAI_API_KEY"),
            (["OPENAI_BASE_URL": "ftp://host"], .formatError, "ftp://host"),
            (["OPENAI_BASE_URL": "http://"], .formatError, "OPENAI_BASE_URL"),
            (["OPENAI_BASE_URL": "not a url"], .formatError, "not a url"),
            (["OPENAI_BASE_URL": "https://api.openai.com/v1"], .auth, "OPENAI_API_KEY"),
        ] as [([String: String], ClientError.Reason, String)])
    func `a missing or invalid variable is named in the error`(
        _ environment: [String: String], _ reason: ClientError.Reason, _ word: String
    ) throws {
        let error = #expect(throws: ClientError.self) { try Client.fromEnvironment(environment: environment) }
        #expect(error?.reason == reason)
        #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
    }

    @Test func `a password in a malformed address is not shown`() {
        let environment = ["OPENAI_BASE_URL": "ftp://me:secret@host"]
        let error = #expect(throws: ClientError.self) { try Client.fromEnvironment(environment: environment) }
        #expect(error?.message.contains("OPENAI_BASE_URL") == true)
        #expect(error?.message.contains("secret") == false)
    }
}
