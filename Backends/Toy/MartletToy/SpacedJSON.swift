internal import MartletJSON

/// JSON with one space after each `,` and `:`, as the toy was trained to read and write it: the text of Python's
/// `json.dumps(value, ensure_ascii=False)` for a value that Python has parsed.
enum SpacedJSON {
    /// The text of a value.
    static func text(_ value: JSONValue) -> String {
        var bytes: [UInt8] = []
        append(value, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The same value in this form; nil for a text that is not JSON.
    static func text(rewriting json: String) -> String? {
        (try? JSONValue(parsing: Array(json.utf8))).map { text($0) }
    }

    private static func append(_ value: JSONValue, to bytes: inout [UInt8]) {
        switch value {
        case .null, .bool: bytes += value.description.utf8
        case .number(let number): bytes += text(number).utf8
        case .string(let string): append(string, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes += ", ".utf8 }
                append(element, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes += ", ".utf8 }
                append(member.key, to: &bytes)
                bytes += ": ".utf8
                append(member.value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func append(_ string: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        JSONWriter.appendEscaped(string, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Integers keep their digits; other numbers are the nearest `Double`.
    private static func text(_ number: JSONNumber) -> String {
        let text = number.text
        if text == "-0" { return "0" }
        guard text.utf8.contains(where: { [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains($0) })
        else {
            return text
        }
        guard let value = number.double else { return text.utf8.first == UInt8(ascii: "-") ? "-Infinity" : "Infinity" }
        // Swift writes integers from 2^53 on with an exponent, Python from 10^16 on.
        return value.magnitude >= 0x1p53 && value.magnitude < 1e16 ? "\(Int(value)).0" : value.description
    }
}
