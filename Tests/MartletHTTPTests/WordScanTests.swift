import Testing

@testable import MartletHTTP

struct WordScanTests {
    private static func isLetterOrHyphen(_ byte: UInt8) -> Bool {
        byte == 0x2D || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    @Test func `the first control byte is found at any position between any bytes`() {
        for byte in 0...255 as ClosedRange<UInt8> {
            for place in 0..<20 {
                for filler in [0x20, 0x7E, 0x80, 0xFF] as [UInt8] {
                    var bytes = Array(repeating: filler, count: 20)
                    bytes[place] = byte
                    let expected = byte < 0x20 || byte == 0x7F ? place : 20
                    #expect(WordScan.firstControl(in: bytes.span, from: 0) == expected)
                }
            }
        }
    }

    @Test func `the first of several control bytes is found`() {
        for first in [0x00, 0x1F, 0x7F] as [UInt8] {
            for second in 0...255 as ClosedRange<UInt8> {
                let bytes = [0x20, 0x7E, first, second, 0x80, second, 0x21, 0xFF]
                #expect(WordScan.firstControl(in: bytes.span, from: 0) == 2)
                #expect(WordScan.firstControl(in: bytes.span, from: 2) == 2)
            }
        }
    }

    @Test func `a skip stops at the first byte that is neither a letter nor a hyphen`() {
        for byte in 0...255 as ClosedRange<UInt8> {
            for place in 0..<16 {
                for filler in "AZaz-".utf8 {
                    var bytes = Array(repeating: filler, count: 16)
                    bytes[place] = byte
                    let expected = Self.isLetterOrHyphen(byte) ? 16 : place
                    #expect(WordScan.skipLettersAndHyphens(in: bytes.span, from: 0) == expected)
                }
            }
        }
    }

    @Test func `a skip does not examine fewer than eight bytes at the end`() {
        let bytes = Array("abcdefghijk".utf8)
        let ends = (0...bytes.count).map { WordScan.skipLettersAndHyphens(in: bytes.span, from: $0) }
        #expect(ends == [8, 9, 10, 11, 4, 5, 6, 7, 8, 9, 10, 11])
    }
}
