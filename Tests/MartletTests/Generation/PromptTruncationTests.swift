import MartletOpenAI
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

@testable import Martlet

/// The messages that truncation keeps. A token is a letter, and the context has forty: thirty for the prompt, and ten
/// for the generation.
struct PromptTruncationTests {
    /// A tokenizer of letters that counts how often the template is applied.
    private final class Letters: Tokenizing {
        let templates = Atomic(0)

        func listModels() -> [Model] { ["scripted"] }
        func encode(_ text: String, model: String) -> [Int] { text.utf8.map(Int.init) }
        func decode(_ tokenIDs: [Int], model: String) -> String {
            String(decoding: tokenIDs.map { UInt8($0) }, as: UTF8.self)
        }
        func applyTemplate(_ request: ChatRequest) -> [Int] {
            templates.add(1, ordering: .relaxed)
            return request.messages.flatMap { encode($0.text, model: "") }
        }
    }

    private let letters = Letters()

    /// Messages of the given lengths in letters, each named by the first letter of its role.
    private func messages(_ lengths: KeyValuePairs<String, Int>) -> [ChatMessage] {
        lengths.enumerated().map { number, pair in
            let role = [ChatRole.system, .user, .assistant, .tool].first { $0.rawValue.hasPrefix(pair.key) } ?? .user
            let letter = String(UnicodeScalar(UInt8(97 + number % 26)))
            return ChatMessage(role: role, text: String(repeating: letter, count: pair.value))
        }
    }

    private func fitted(_ messages: [ChatMessage], maxTokens: Int? = nil) async throws -> [ChatMessage] {
        var request = ChatRequest(model: "scripted", messages: messages)
        request.maxTokens = maxTokens
        let (fitted, ids) = try await PromptTruncation(tokenizing: letters, limit: 40).fitted(request)
        #expect(ids == letters.applyTemplate(fitted))
        return fitted.messages
    }

    @Test func `a conversation that leaves a quarter of the context free is unchanged`() async throws {
        let all = messages(["s": 5, "u": 8, "a": 7, "u": 10])
        #expect(try await fitted(all) == all)
        #expect(letters.templates.load(ordering: .relaxed) == 2, "one is the test's own")
        let longer = messages(["s": 5, "u": 8, "a": 7, "u": 18])
        #expect(try await fitted(longer, maxTokens: 2) == longer)
        #expect(try await fitted(longer, maxTokens: 3) == [longer[0]] + longer[2...])
    }

    @Test func `the fewest possible oldest messages are removed, and system messages stay`() async throws {
        let all = messages(["s": 5, "u": 8, "a": 6, "u": 6, "s": 2, "a": 2, "u": 2])
        #expect(try await fitted(all) == [all[0]] + all[2...])
        let longer = messages(["s": 5, "u": 8, "a": 8, "u": 8, "s": 2, "a": 9, "u": 9])
        #expect(try await fitted(longer) == [longer[0], longer[4], longer[5], longer[6]])
    }

    @Test func `tool results are removed with their call`() async throws {
        let both = messages(["u": 10, "a": 10, "t": 10, "t": 5, "u": 5])
        #expect(try await fitted(both) == Array(both[1...]))
        let longer = messages(["u": 10, "a": 12, "t": 10, "t": 5, "u": 5])
        #expect(try await fitted(longer) == [longer[4]])
        let last = messages(["u": 10, "a": 12, "t": 20])
        #expect(try await fitted(last) == [last[2]])
    }

    @Test func `a last message that is too long keeps its end, in whole characters`() async throws {
        let text = String(repeating: "x", count: 50) + String(repeating: "y", count: 20)
        #expect(
            try await fitted([.system("s"), .user("old"), .user(text)])
                == [.system("s"), .user(String(text.suffix(29)))])
        let accents = String(repeating: "é", count: 50)
        #expect(try await fitted([.system("s"), .user(accents)]).last?.text == String(repeating: "é", count: 14))
    }

    @Test func `a conversation that truncation cannot fit is left for the backend to refuse`() async throws {
        let system = messages(["s": 41, "u": 5, "u": 5])
        #expect(try await fitted(system) == system)
        let image = ChatMessage(
            role: .user, content: [.text(String(repeating: "x", count: 50)), .image(url: "data:,")])
        #expect(try await fitted([.user("old"), image]) == [.user("old"), image])
    }

    @Test func `the template is applied to a thousand messages a few times, not a thousand`() async throws {
        let all = (0..<1000).map { ChatMessage.user("\($0 % 10)") }
        #expect(try await fitted(all) == Array(all.suffix(30)))
        #expect(letters.templates.load(ordering: .relaxed) < 20)
    }

    @Test func `token ids keep their first four and their last`() {
        let truncation = PromptTruncation(tokenizing: letters, limit: 40)
        #expect(truncation.fitted(Array(0..<30), maxTokens: nil) == Array(0..<30))
        #expect(truncation.fitted(Array(0..<100), maxTokens: nil) == Array(0..<4) + Array(74..<100))
        #expect(truncation.fitted(Array(0..<100), maxTokens: 1) == Array(0..<4) + Array(65..<100))
        #expect(truncation.fitted(Array(0..<38), maxTokens: .max).count == 30)
    }
}
