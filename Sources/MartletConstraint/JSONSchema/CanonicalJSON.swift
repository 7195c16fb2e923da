internal import MartletJSON

extension JSONValue {
    /// A text that equal values share, as JSON Schema compares them (Core §4.2.2): numbers by value, strings by their
    /// scalars, objects without regard to order.
    var canonical: [UInt8] {
        var bytes: [UInt8] = []
        appendCanonical(to: &bytes)
        return bytes
    }

    private func appendCanonical(to bytes: inout [UInt8]) {
        switch self {
        case .null, .bool: bytes += description.utf8
        case .number(let number): bytes += (DecimalNumber(number)?.description ?? number.text).utf8
        case .string(let text): bytes += Self.quoted(text)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for element in elements {
                element.appendCanonical(to: &bytes)
                bytes.append(UInt8(ascii: ","))
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            let members = object.map { (Self.quoted($0.key), $0.value) }
            for (key, value) in members.sorted(by: { $0.0.lexicographicallyPrecedes($1.0) }) {
                bytes += key
                value.appendCanonical(to: &bytes)
                bytes.append(UInt8(ascii: ","))
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// A string in the one spelling that Martlet permits.
    static func quoted(_ text: String) -> [UInt8] {
        [UInt8(ascii: "\"")] + RegexBuilder.bytes(of: text, as: .jsonString) + [UInt8(ascii: "\"")]
    }
}

extension JSONNumber {
    /// The spelling that Martlet permits of a number that is given: an integer without a fraction and an exponent.
    var spelling: String {
        guard let decimal = DecimalNumber(self), decimal.fraction.isEmpty,
            decimal.integral.count <= NumberRegex.maximumDigits
        else { return text }
        return decimal.description
    }
}
