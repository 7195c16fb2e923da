import Testing

@testable import MartletHTTP

struct ByteSetTests {
    private static func members(_ set: ByteSet) -> Set<UInt8> {
        Set((0...255).map(UInt8.init).filter(set.contains))
    }

    private static let alphanumerics = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

    @Test func `the token set is that of RFC 9110`() {
        #expect(Self.members(.token) == Set(("!#$%&'*+-.^_`|~" + Self.alphanumerics).utf8))
    }

    @Test func `a request target is visible ASCII without the number sign`() {
        #expect(Self.members(.requestTarget) == Set(0x21...0x7E).subtracting([0x23]))
    }

    @Test func `the registered-name set is that of RFC 3986`() {
        #expect(Self.members(.registeredName) == Set(("-._~!$&'()*+,;=%" + Self.alphanumerics).utf8))
    }

    @Test func `a run ends at the first byte that is not a member, or at the end`() {
        let bytes = Array("abc:d".utf8)
        let ends = (0...5).map { ByteSet.token.end(in: bytes.span, from: $0) }
        #expect(ends == [3, 3, 3, 3, 5, 5])
    }
}
