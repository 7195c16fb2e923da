import MartletHTTP
import Testing

struct RequestParserFuzzTests {
    /// A fixed sequence (SplitMix64), so that a failure can be had again.
    struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }

    private static let pieces = [
        "\r\n", "\n", "\r", " ", "\t", ":", "0\r\n\r\n", "GET / HTTP/1.1\r\n", "Host: a\r\n", "Content-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\n", "\0", "5\r\nhello\r\n", ";a=\"b\"", "FFFFFFFFFFFFFFFF",
        "Connection: close\r\n",
    ].map { Array($0.utf8) }

    private static func mutate(_ bytes: inout [UInt8], _ dice: inout Dice) {
        let place = Int.random(in: 0...bytes.count, using: &dice)
        switch Int.random(in: 0..<5, using: &dice) {
        case 0 where place < bytes.count: bytes[place] = UInt8.random(in: .min ... .max, using: &dice)
        case 1 where place < bytes.count: bytes.remove(at: place)
        case 2 where place < bytes.count: bytes.removeSubrange(place..<min(bytes.count, place + 20))
        case 3: bytes.insert(UInt8.random(in: .min ... .max, using: &dice), at: place)
        default: bytes.insert(contentsOf: pieces.randomElement(using: &dice) ?? [], at: place)
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `mutated requests never trap and give the same events however they are split`(_ seed: UInt64) {
        var dice = Dice(state: seed)
        var limits = RequestParser.Limits()
        limits.maximumHeadBytes = 120
        limits.maximumFields = 4
        limits.maximumBodyBytes = 20
        limits.maximumChunkLineBytes = 30
        var taken = 0
        var refused: Set<Int> = []
        for _ in 0..<1_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...3, using: &dice) {
                bytes += Array((RequestParserTests.valid.randomElement(using: &dice) ?? "").utf8)
            }
            for _ in 0..<Int.random(in: 0...4, using: &dice) { Self.mutate(&bytes, &dice) }
            let whole = Fed([bytes], limits: limits)
            let cut = Int.random(in: 0...bytes.count, using: &dice)
            #expect(Fed([Array(bytes[..<cut]), Array(bytes[cut...])], limits: limits) == whole)
            #expect(Fed(bytes.map { [$0] }, limits: limits) == whole, "\(bytes)")
            taken += whole.requests.count
            if let status = whole.status { refused.insert(status) }
        }
        #expect(taken > 0)
        #expect(refused.contains(400))
    }
}
