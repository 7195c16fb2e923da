import MartletConstraint
import MartletJSON

/// What the requests have made so far.
struct Probe {
    private var vocabularies: [TokenVocabulary] = []
    private var constraints: [Constraint] = []
    private var texts: [Int: Text] = [:]
    private var nextID = 0
    /// Each byte is a token, and 256 is the end.
    private let byteVocabulary = TokenVocabulary(
        tokens: (UInt8.min...UInt8.max).map { [$0] } + [nil], endTokens: [256])

    private struct Text {
        var matcher: Matcher
        var mask: TokenMask
    }

    private struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    mutating func answer(to line: String) -> JSONValue {
        do {
            guard let request = try JSONValue(parsing: Array(line.utf8)).object, let command = request.first?.key else {
                throw Malformed(description: "A request is an object.")
            }
            switch command {
            case "vocabulary": return try vocabulary(request)
            case "compile": return try compile(request)
            case "start": return try start(request)
            case "advance": return try advance(request)
            case "follow": return try follow(request)
            case "time": return try time(request)
            case "copy":
                return ["id": add(try text(try number("copy", request)))]
            case "forget":
                texts[try number("forget", request)] = nil
                return [:]
            default: throw Malformed(description: "\(command) is not a request.")
            }
        } catch let error as ConstraintError {
            return [
                "error": .string(error.message), "kind": .string("\(error.kind)"),
                "pointer": error.pointer.map(JSONValue.string) ?? .null,
            ]
        } catch {
            return ["error": .string("\(error)"), "kind": "request"]
        }
    }

    // MARK: Requests

    private mutating func vocabulary(_ request: JSONObject) throws -> JSONValue {
        let tokens = try bytes("vocabulary", request)
        vocabularies.append(
            TokenVocabulary(
                tokens: tokens, endTokens: Set(try numbers("end", request)),
                specialTokens: Set(try numbers("special", request))))
        return ["id": .number(JSONNumber(vocabularies.count - 1))]
    }

    private mutating func compile(_ request: JSONObject) throws -> JSONValue {
        let schema = request["compile"] ?? .null
        let isUnlimited = request["unlimited"] == true
        let start = ContinuousClock.now
        constraints.append(try isUnlimited ? Constraint(unlimited: schema) : Constraint(.jsonSchema(schema)))
        return ["id": .number(JSONNumber(constraints.count - 1)), "ns": Self.nanoseconds(since: start)]
    }

    private mutating func start(_ request: JSONObject) throws -> JSONValue {
        let vocabulary = try vocabulary(of: request)
        var text = Text(
            matcher: try constraint("start", request).matcher(for: vocabulary),
            mask: TokenMask(count: vocabulary.count))
        try text.matcher.allowed(into: &text.mask)
        return ["id": add(text), "mask": .string(Self.hexadecimal(text.mask))]
    }

    private mutating func advance(_ request: JSONObject) throws -> JSONValue {
        let id = try number("advance", request)
        var text = try text(id)
        texts[id] = nil
        defer { texts[id] = text }
        try text.matcher.advance(try number("token", request))
        try text.matcher.allowed(into: &text.mask)
        return ["mask": .string(Self.hexadecimal(text.mask))]
    }

    private func time(_ request: JSONObject) throws -> JSONValue {
        let vocabulary = try vocabulary(of: request)
        var matcher = try constraint("time", request).matcher(for: vocabulary)
        var mask = TokenMask(count: vocabulary.count)
        var times: [JSONValue] = []
        for token in try numbers("tokens", request) {
            let start = ContinuousClock.now
            try matcher.allowed(into: &mask)
            times.append(Self.nanoseconds(since: start))
            try matcher.advance(token)
        }
        return ["ns": .array(times)]
    }

    private func follow(_ request: JSONObject) throws -> JSONValue {
        let constraint = try constraint("follow", request)
        var result: [JSONValue] = []
        for text in try bytes("texts", request) {
            var matcher = try constraint.matcher(for: byteVocabulary)
            var count = 0
            for byte in text {
                do { try matcher.advance(Int(byte)) } catch {
                    if error.kind != .malformed { throw error }
                    break
                }
                count += 1
            }
            let isComplete = try matcher.isAccepting()
            result += [.number(JSONNumber(count)), .bool(count == text.count && isComplete)]
        }
        return ["texts": .array(result)]
    }

    // MARK: Values

    private mutating func add(_ text: Text) -> JSONValue {
        texts[nextID] = text
        nextID += 1
        return .number(JSONNumber(nextID - 1))
    }

    private func text(_ id: Int) throws -> Text {
        guard let text = texts[id] else { throw Malformed(description: "There is no text \(id).") }
        return text
    }

    private func constraint(_ name: String, _ request: JSONObject) throws -> Constraint {
        let id = try number(name, request)
        guard constraints.indices.contains(id) else { throw Malformed(description: "There is no constraint \(id).") }
        return constraints[id]
    }

    private func vocabulary(of request: JSONObject) throws -> TokenVocabulary {
        let id = try number("vocabulary", request)
        guard vocabularies.indices.contains(id) else { throw Malformed(description: "There is no vocabulary \(id).") }
        return vocabularies[id]
    }

    private func number(_ name: String, _ request: JSONObject) throws -> Int {
        guard let number = request[name]?.number?.int else { throw Malformed(description: "\(name) is a number.") }
        return number
    }

    private func numbers(_ name: String, _ request: JSONObject) throws -> [Int] {
        guard let numbers = request[name]?.array?.map({ $0.number?.int }), !numbers.contains(nil) else {
            throw Malformed(description: "\(name) is an array of numbers.")
        }
        return numbers.compactMap { $0 }
    }

    private static func nanoseconds(since start: ContinuousClock.Instant) -> JSONValue {
        .number(JSONNumber(Int((ContinuousClock.now - start) / .nanoseconds(1))))
    }

    /// Texts in hexadecimal digits.
    private func bytes(_ name: String, _ request: JSONObject) throws -> [[UInt8]] {
        guard let texts = request[name]?.array else { throw Malformed(description: "\(name) is an array of texts.") }
        return try texts.map { element in
            let digits = (element.string ?? "-").utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
            guard digits.count % 2 == 0, !digits.contains(nil) else {
                throw Malformed(description: "A text of \(name) has hexadecimal digits.")
            }
            let values = digits.compactMap { $0 }
            return stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] * 16 + values[$0 + 1]) }
        }
    }

    private static func hexadecimal(_ mask: TokenMask) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(mask.words.count * 16)
        for word in mask.words {
            for shift in stride(from: 60, through: 0, by: -4) { bytes.append(digits[Int(word >> UInt64(shift) & 15)]) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
