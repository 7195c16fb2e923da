import MartletClient
import MartletJSON
import MartletTestSupport
import Testing

/// How addresses are normalised.
struct BaseURLTests {
    // Checklist rows S3-1, S3-2.
    @Test(arguments: [
        ("http://h:1", "http://h:1/v1"), ("http://h:1/", "http://h:1/v1"), ("http://h:1/v1", "http://h:1/v1"),
        ("http://h:1/v1//", "http://h:1/v1"), ("http://h/llm", "http://h/llm/v1"), ("h:11434", "http://h:11434/v1"),
        ("https://h/openai/v1/", "https://h/openai/v1"), ("https://h/v1beta/openai", "https://h/v1beta/openai"),
        (" https://h/v1/chat/completions ", "https://h/v1"), ("http://v1.example", "http://v1.example/v1"),
    ])
    func `a base URL is equal with and without /v1`(_ text: String, _ url: String) {
        #expect(BaseURL(text).description == url)
    }
}
