import Testing

@testable import Martlet

/// FIPS 180-4, with the vectors of NIST's examples.
struct SHA256Tests {
    private static let vectors = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
    ]

    @Test(arguments: vectors) func `the standard's messages have its hashes`(message: String, hash: String) {
        #expect(Self.digest(Array(message.utf8)).description == hash)
    }

    @Test func `a million letters, in pieces of every length up to two blocks, have the standard's hash`() {
        var hash = SHA256()
        var (count, length) = (0, 0)
        while count < 1_000_000 {
            length = min(length % 128 + 1, 1_000_000 - count)
            Self.update(&hash, [UInt8](repeating: UInt8(ascii: "a"), count: length))
            count += length
        }
        #expect(
            hash.digest().description == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func `every length up to three blocks has the hash that Python's hashlib has`() {
        var all = SHA256()
        for count in 0..<200 {
            let digest = Self.digest((0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + count) })
            Self.update(&all, Self.bytes(of: digest))
        }
        #expect(all.digest().description == "8c7c9ff69da76fc28823a1cb97268672663e628e1ea955868b16db46bab0545d")
    }

    @Test func `a message split anywhere has the hash of the whole`() {
        let message = (0..<200).map { UInt8($0) }
        let whole = Self.digest(message)
        for split in 0...message.count {
            var hash = SHA256()
            Self.update(&hash, Array(message[..<split]))
            Self.update(&hash, Array(message[split...]))
            #expect(hash.digest() == whole, "\(split)")
        }
    }

    @Test func `a digest is read from 64 hexadecimal digits of either case, and from nothing else`() {
        let text = Self.vectors[1].1
        let digest = Self.digest(Array("abc".utf8))
        #expect(SHA256.Digest(hexadecimal: text) == digest)
        #expect(SHA256.Digest(hexadecimal: text.uppercased()) == digest)
        for other in ["", String(text.dropLast()), text + "0", "g" + text.dropFirst(), "é" + text.dropFirst()] {
            #expect(SHA256.Digest(hexadecimal: other) == nil, "\(other)")
        }
    }

    private static func digest(_ bytes: [UInt8]) -> SHA256.Digest { SHA256.digest(of: bytes.span) }

    private static func update(_ hash: inout SHA256, _ bytes: [UInt8]) { hash.update(bytes.span) }

    private static func bytes(of digest: SHA256.Digest) -> [UInt8] {
        var digits = digest.description[...]
        var bytes: [UInt8] = []
        while let byte = UInt8(digits.prefix(2), radix: 16) {
            bytes.append(byte)
            digits = digits.dropFirst(2)
        }
        return bytes
    }
}
