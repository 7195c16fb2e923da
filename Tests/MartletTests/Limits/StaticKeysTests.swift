import MartletHTTP
import MartletOpenAI
import MartletTestSupport
import Testing

@testable import Martlet

/// The keys of a server: which requests have one, and what happens when their file changes.
struct StaticKeysTests {
    private static func head(_ fields: String...) throws -> RequestHead {
        var parser = RequestParser()
        var offset = 0
        let lines = fields.map { "\($0)\r\n" }.joined()
        let bytes = Array("GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\(lines)\r\n".utf8)
        guard case .head(let head)? = try parser.next(bytes.span, &offset) else { throw CancellationError() }
        return head
    }

    @Test(arguments: [
        ["Authorization: Bearer k1"], ["authorization: bearer   k1"], ["X-API-Key: k1"], ["api-key: k1"],
        ["Authorization: Bearer k1", "x-api-key: k1", "api-key: k1"], ["Authorization: Basic YTpi", "x-api-key: k1"],
        ["Authorization: Bearer", "x-api-key: k1"],
    ])
    func `a key is accepted in each place`(fields: [String]) throws {
        let head = try Self.head(fields.joined(separator: "\r\n"))
        #expect(try StaticKeys(["k0", "k1"]).authenticate(head)?.id == "api-key:2")
    }

    @Test(arguments: [
        [], ["Authorization: Basic k1"], ["Authorization: Bearer"], ["Authorization: k1"], ["x-api-key:"],
    ])
    func `a request without a key is nobody's`(fields: [String]) throws {
        #expect(try StaticKeys(["k1"]).authenticate(Self.head(fields.joined(separator: "\r\n"))) == nil)
    }

    @Test(arguments: [
        ["Authorization: Bearer k2"], ["Authorization: Bearer k1", "x-api-key: k2"], ["x-api-key: k1", "api-key: k3"],
        ["Authorization: Bearer k1", "Authorization: Bearer k2"], ["x-api-key: K1"], ["x-api-key: k1 " + "k1"],
    ])
    func `another key and several keys are 401`(fields: [String]) throws {
        let head = try Self.head(fields.joined(separator: "\r\n"))
        let error = #expect(throws: OpenAIError.self) { _ = try StaticKeys(["k1"]).authenticate(head) }
        #expect(error?.status == 401 && error?.code == "invalid_api_key")
    }

    @Test func `a key that is longer than any is not looked up`() throws {
        let head = try Self.head("x-api-key: \(String(repeating: "k", count: 513))")
        #expect(throws: OpenAIError.self) { _ = try StaticKeys(["k"]).authenticate(head) }
    }

    @Test(arguments: ["", "a b", "é", String(repeating: "k", count: 513)])
    func `a given key that no request can have is an error that does not show it`(key: String) {
        let error = #expect(throws: ServerError.self) { _ = try StaticKeys(["k1", key]) }
        #expect(error?.description == "API key 2 must be 1 to 512 visible ASCII characters")
    }

    @Test func `a remembered key expires, and a guess does not displace it`() throws {
        let file = try KeysFixture(("ada", "permissions=infer expires=2027-01-31"))
        let keys = try StaticKeys(file: file.path)
        let (right, wrong) = (try Self.head("api-key: ada"), try Self.head("api-key: eve"))
        var last: StaticKeys.Match?
        var now = 1_801_353_599
        for _ in 0..<2 { #expect(try keys.authenticate(right, after: &last, now: { now })?.id == "ada") }
        #expect(throws: OpenAIError.self) { _ = try keys.authenticate(wrong, after: &last, now: { now }) }
        #expect(last != nil)
        now += 1
        let error = #expect(throws: OpenAIError.self) { _ = try keys.authenticate(right, after: &last, now: { now }) }
        #expect(error?.message == "The request's API key has expired.")
    }

    @Test func `a changed file counts after a reload, also for a remembered key, and a broken one does not`()
        async throws
    {
        let file = try KeysFixture(("ada", "permissions=infer"), ("bob", "permissions=infer"))
        let keys = try StaticKeys(["k0"], file: file.path)
        var last: StaticKeys.Match?
        let head = try Self.head("api-key: ada")
        #expect(try keys.authenticate(head, after: &last)?.id == "ada")
        try file.write("nonsense\n")
        await keys.reload()
        #expect(try keys.authenticate(head, after: &last)?.id == "ada")
        try file.write(KeysFixture.line("eve"))
        await keys.reload()
        #expect(throws: OpenAIError.self) { _ = try keys.authenticate(head, after: &last) }
        #expect(try keys.authenticate(Self.head("api-key: eve"))?.id == "eve")
        #expect(try keys.authenticate(Self.head("api-key: k0"))?.id == "api-key:1")
    }

    @Test func `a file is read again when it has changed, without a reload`() async throws {
        let file = try KeysFixture(("ada", "permissions=infer"))
        let keys = try StaticKeys(file: file.path)
        try file.write(KeysFixture.line("ada") + KeysFixture.line("bob"))
        let head = try Self.head("api-key: bob")
        try await eventually("the new key") { (try? keys.authenticate(head)) != nil }
    }

    @Test func `a missing file, a folder and a key that is also given are errors at start`() throws {
        #expect(throws: ServerError.self) { _ = try StaticKeys(file: "/nonexistent/keys") }
        #expect(throws: ServerError.self) { _ = try StaticKeys(file: "/tmp") }
        let file = try KeysFixture(("ada", "permissions=infer"))
        let error = #expect(throws: ServerError.self) { _ = try StaticKeys(["ada"], file: file.path) }
        #expect(error?.description.hasPrefix("\(file.path):1: ") == true)
    }

    @Test func `the log warns of weak keys and of a broken file once, and shows no key`() async throws {
        let log = RecordedLog()
        let file = try KeysFixture(("ada", "permissions=infer"))
        let keys = try StaticKeys(["hunter2"], file: file.path, logger: log.logger)
        #expect(log.lines.count == 1 && log.lines.first?.contains("API key 1 is shorter") == true)
        try file.write("hunter2\n")
        for _ in 0..<3 { await keys.reload() }
        #expect(log.lines.count == 2 && log.lines.last?.hasPrefix("\(file.path):1: ") == true, "\(log.lines)")
        let isShown = log.lines.contains { $0.contains("hunter2") }
        #expect(!isShown)
    }

    // MARK: Principals

    @Test func `principals with one id are equal, also with different permissions, and a literal may do everything`() {
        #expect(Principal("a", permissions: [.infer]) == Principal("a", name: "A"))
        #expect(("a" as Principal).permissions == Set(Permission.allCases))
        #expect(Principal("a", name: "A").description == "A")
        #expect(Permission("embed") == .embed && Permission("all") == nil)
    }
}
