import MartletHTTP
import Testing

@testable import Martlet

/// The format of a keys file.
struct KeysFileTests {
    private static let first = digest("first")
    private static let second = digest("second")

    private static func digest(_ key: String) -> SHA256.Digest {
        let bytes = Array(key.utf8)
        return SHA256.digest(of: bytes.span)
    }

    private func entries(_ text: String) throws -> [KeysFile.Entry] {
        try KeysFile.parse(Array(text.utf8), name: "keys.txt")
    }

    @Test func `lines are names, hashes and fields, between comments and empty lines, with any line break`() throws {
        let text =
            "# keys\r\n\r\n  ada\tsha256:\(Self.first)  permissions=infer,embed \r\n"
            + "bob@example.org sha256:\(Self.second) expires=2027-01-31 models=toy,org/b:7b permissions=metrics"
        let entries = try entries(text)
        #expect(entries.map(\.line) == [3, 4])
        #expect(entries.map(\.digest) == [Self.first, Self.second])
        #expect(entries.map(\.key.principal.id) == ["ada", "bob@example.org"])
        #expect(entries.map(\.key.principal.permissions) == [[.infer, .embed], [.metrics]])
        #expect(entries.map(\.key.principal.models) == [nil, ["toy", "org/b:7b"]])
        #expect(entries.map(\.key.expiry) == [nil, 1_801_353_600])
        #expect(try self.entries("").isEmpty)
    }

    @Test func `limits are positive numbers, and a principal without one has none`() throws {
        let entries = try entries(
            "ada sha256:\(Self.first) permissions=infer requests-per-minute=60 concurrent-requests=4\n"
                + "bob sha256:\(Self.second) permissions=infer tokens-per-minute=999999999")
        #expect(
            entries.map(\.key.principal.limits) == [
                PrincipalLimits(requestsPerMinute: 60, concurrentRequests: 4),
                PrincipalLimits(tokensPerMinute: 999_999_999),
            ])
        #expect(try self.entries("ada sha256:\(Self.first) permissions=infer").first?.key.principal.limits == nil)
        #expect(Principal("ada", limits: PrincipalLimits()).limits == nil)
    }

    @Test func `two lines of one name are one principal`() throws {
        let entries = try entries(
            "ada sha256:\(Self.first) permissions=infer\nada sha256:\(Self.second) permissions=infer\n")
        #expect(Set(entries.map(\.key.principal)).count == 1)
    }

    @Test(arguments: [
        ("ada", "the second word must be sha256:"), ("ada mk-secret permissions=infer", "the second word must be"),
        ("ada sha256:00 permissions=infer", "64 hexadecimal digits"), ("mk-secret= HASH permissions=infer", "the name"),
        ("a:b HASH permissions=infer", "the name"), ("ada HASH", "permissions= is missing"),
        ("ada HASH permissions=", "permissions= has no value"), ("ada HASH permissions=infer,", "an empty element"),
        ("ada HASH permissions=infre", "none of infer, embed, metrics, admin"),
        ("ada HASH permissions=infer limit=3", "none of the fields permissions=, models=, expires="),
        ("ada HASH permissions=infer mk-secret", "none of the fields"),
        ("ada HASH permissions=infer # mine", "none of the fields"),
        ("ada HASH permissions=infer permissions=embed", "permissions= is there twice"),
        ("ada HASH permissions=infer expires=2027-02-29", "a date such as 2027-01-31"),
        ("ada HASH permissions=infer expires=tomorrow", "a date such as 2027-01-31"),
        ("ada HASH permissions=infer requests-per-minute=0", "requests-per-minute= must be a whole number from 1"),
        ("ada HASH permissions=infer tokens-per-minute=1e3", "tokens-per-minute= must be a whole number from 1"),
        ("ada HASH permissions=infer concurrent-requests=-1", "concurrent-requests= must be a whole number from 1"),
        ("ada HASH permissions=infer concurrent-requests=+1", "concurrent-requests= must be a whole number from 1"),
        ("ada HASH permissions=infer tokens-per-minute=1000000000", "to 999999999"),
        ("ada HASH permissions=infer\nbob HASH permissions=infer", "2: the hash is that of line 1 too"),
    ])
    func `a fault is named with its line, without what could be a key`(text: String, fault: String) {
        let error = #expect(throws: ServerError.self) {
            _ = try entries(text.replacing("HASH", with: "sha256:\(Self.first)"))
        }
        let message = error?.description ?? ""
        #expect(message.hasPrefix("keys.txt:") && message.contains(fault), "\(message)")
        #expect(!message.contains("secret"))
    }

    @Test func `a file that is not UTF-8 is a fault`() {
        let error = #expect(throws: ServerError.self) { _ = try KeysFile.parse([0xFF], name: "keys.txt") }
        #expect(error?.description == "keys.txt is not UTF-8")
    }

    @Test(
        arguments: [
            ("1970-01-01", 0), ("2024-02-29", 1_709_164_800), ("2100-02-29", nil), ("2027-1-31", nil),
            ("2027-13-01", nil),
            ("2027-00-01", nil), ("2027-01-00", nil), ("1969-12-31", nil), ("2027-01-31Z", nil), ("+027-01-31", nil),
        ] as [(String, Int?)])
    func `a day has a first second, if there is such a day`(text: String, seconds: Int?) {
        #expect(HTTPDate.secondsSince1970(parsingDay: text) == seconds)
    }

    // MARK: New keys

    @Test func `a new key is 256 random bits, and its line is valid`() throws {
        let new = try NewKey(name: "ada", permissions: "infer", models: "toy", expires: "2027-01-31")
        #expect(new.key.wholeMatch(of: /mk-[A-Za-z0-9_-]{43}/) != nil)
        let entry = try #require(try entries(new.line).first)
        #expect(entry.digest == Self.digest(new.key))
        #expect(entry.key.principal.name == "ada" && entry.key.principal.models == ["toy"])
        #expect(entry.key.expiry == 1_801_353_600)
        #expect(!new.line.contains(new.key))
        #expect(try NewKey(name: "ada", permissions: "infer").key != new.key)
        #expect(KeyStrength.weakness(of: Array(new.key.utf8)) == nil)
    }

    @Test(
        arguments: [
            ("", "infer", nil, nil), ("a b", "infer", nil, nil), ("#a", "infer", nil, nil), ("a", "all", nil, nil),
            ("a", "infer", "b c", nil), ("a", "infer", "b\nc", nil), ("a", "infer", nil, "soon"),
            ("a\n", "infer", nil, nil),
        ] as [(String, String, String?, String?)])
    func `a new key cannot have a line that is not valid`(
        name: String, permissions: String, models: String?, expires: String?
    ) {
        #expect(throws: ServerError.self) {
            _ = try NewKey(name: name, permissions: permissions, models: models, expires: expires)
        }
    }

    @Test func `a short or monotonous key is weak`() {
        #expect(KeyStrength.weakness(of: Array("secret".utf8)) != nil)
        #expect(KeyStrength.weakness(of: Array(repeating: 0x41, count: 64)) != nil)
        #expect(KeyStrength.weakness(of: Array("abcdefghijklmnopqrstuvwx".utf8)) == nil)
    }
}
