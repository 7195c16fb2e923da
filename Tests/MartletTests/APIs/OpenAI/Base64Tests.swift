import Foundation
import Testing

@testable import Martlet

struct Base64Tests {
    /// RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `the RFC's test vectors are encoded`(_ text: String, _ expected: String) {
        #expect(Base64.string(Array(text.utf8)) == expected)
        #expect(Base64.bytes(expected) == Array(text.utf8))
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "Z===", "====", "Zm=v", "Zm9v=", "=Zm9", "Zm9_", "Zm9 ", "Zm9v\n", "é===",
    ])
    func `a text that is not base64 with padding has no bytes`(_ text: String) {
        #expect(Base64.bytes(text) == nil)
    }

    @Test func `another decoder restores every byte at every position`() {
        let all = (0...255).map { UInt8($0) }
        for bytes in [all, [0] + all, [0, 0] + all] + all.map({ [$0] }) {
            #expect(Data(base64Encoded: Base64.string(bytes)).map(Array.init) == bytes)
            #expect(Base64.bytes(Base64.string(bytes)) == bytes)
        }
        #expect(Base64.string([0xFB, 0xEF, 0xBE, 0xFF, 0xFF, 0xFF]) == "++++////", "not the alphabet for file names")
    }

    @Test(
        arguments: [
            ([], ""), ([1], "AACAPw=="), ([1, -2], "AACAPwAAAMA="), ([-0.0], "AAAAgA=="), ([.infinity], "AACAfw=="),
            ([.greatestFiniteMagnitude], "//9/fw=="), ([.leastNonzeroMagnitude], "AQAAAA=="),
        ] as [([Float], String)])
    func `floats are four bytes, little-endian`(_ vector: [Float], _ expected: String) {
        #expect(Base64.string(littleEndian: vector) == expected)
    }
}
