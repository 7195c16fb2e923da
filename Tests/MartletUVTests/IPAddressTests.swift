import MartletUV
import Testing

struct IPAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:DB8:0::1", "2001:db8::1"), ("::", "::"),
    ])
    func `an address is read and written in its shortest form`(text: String, written: String) {
        #expect(IPAddress(text)?.description == written)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.256", "1.2.3.4.5", "1.2.3.4 ", "[::1]", "::1%lo", "1.2.3.4:80", "localhost", "12345::",
        "é",
        "1.2.3.4\0",
    ])
    func `other text is not an address`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3", "10.1.2.4", false), ("0.0.0.0/0", "255.1.1.1", true), ("0.0.0.0/0", "::1", false),
        ("192.168.4.0/22", "192.168.7.255", true), ("192.168.4.0/22", "192.168.8.0", false),
        ("fd00::/8", "fdff::1", true),
        ("fd00::/8", "fe00::1", false), ("::/0", "1.2.3.4", true), ("2001:db8::/33", "2001:db8:8000::", false),
        ("10.0.0.0/8", "::ffff:10.0.0.1", true),
    ])
    func `a range contains the addresses with its prefix`(range: String, address: String, contains: Bool) throws {
        #expect(try #require(IPAddressRange(range)).contains(try #require(IPAddress(address))) == contains)
    }

    @Test(arguments: [
        "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "::/129", "10.0.0.0/8/8", "a/8",
    ])
    func `other text is not a range`(text: String) {
        #expect(IPAddressRange(text) == nil)
    }
}
