/// The value of `x-request-id`: the client's if it sent an acceptable one, otherwise a generated one.
struct RequestID {
    private static let maximumLength = 128

    let unique: UniqueID
    private let given: String?

    /// Accepts `given` if it is at most 128 visible ASCII characters, which is safe in a response and in a log.
    init(_ unique: UniqueID, given: String? = nil) {
        self.unique = unique
        guard let given, !given.isEmpty, given.utf8.count <= Self.maximumLength,
            given.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            self.given = nil
            return
        }
        self.given = given
    }

    var text: String { given ?? "req_\(unique.text)" }

    func append(to bytes: inout [UInt8]) {
        if let given { return bytes.append(contentsOf: given.utf8) }
        bytes.append(contentsOf: Self.prefix)
        unique.append(to: &bytes)
    }

    private static let prefix = Array("req_".utf8)
}

/// An id that is unique within its loop, and with 32 random bits practically unique everywhere.
struct UniqueID {
    private let prefix: UInt32
    private let number: UInt64

    /// Generates the ids of one loop.
    struct Generator {
        private var state: UInt64 = .random(in: .min ... .max)
        private let prefix: UInt32 = .random(in: .min ... .max)

        mutating func next() -> UniqueID {
            state &+= 1
            // SplitMix64's finalizer is a bijection: a counter gives distinct numbers that look random.
            var number = state &* 0x9E37_79B9_7F4A_7C15
            number = (number ^ (number >> 30)) &* 0xBF58_476D_1CE4_E5B9
            number = (number ^ (number >> 27)) &* 0x94D0_49BB_1331_11EB
            return UniqueID(prefix: prefix, number: number ^ (number >> 31))
        }
    }

    /// 24 hexadecimal digits.
    var text: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    func append(to bytes: inout [UInt8]) {
        for digit in (0..<8).reversed() { bytes.append(Self.digit(UInt64(prefix) >> UInt64(digit * 4))) }
        for digit in (0..<16).reversed() { bytes.append(Self.digit(number >> UInt64(digit * 4))) }
    }

    private static func digit(_ value: UInt64) -> UInt8 {
        let nibble = UInt8(value & 0xF)
        return nibble < 10 ? nibble + UInt8(ascii: "0") : nibble - 10 + UInt8(ascii: "a")
    }
}
