internal import MartletJSON
internal import MartletOpenAI

/// What an API calls the parameters that a request is decoded from, where that is not their own name: errors have it.
struct ParameterNames: Sendable {
    private let names: [String: String]

    init(_ names: [String: String]) { self.names = names }

    /// The parameters' own names.
    static let own = ParameterNames([:])

    subscript(name: String) -> String { names[name] ?? name }
}

/// Where a value stands in the body, as OpenAI writes it: `messages[0].content[1].type`.
///
/// Kept as steps, since it is written out for errors only, and every value that is read has one.
enum FieldPath: CustomStringConvertible {
    case body(ParameterNames)
    case parameter(String)
    indirect case member(String, of: FieldPath)
    indirect case element(Int, of: FieldPath)

    /// The path of a member of what stands here.
    func appending(_ name: String) -> FieldPath {
        if case .body(let names) = self { .parameter(names[name]) } else { .member(name, of: self) }
    }

    var description: String {
        switch self {
        case .body: ""
        case .parameter(let name): name
        case .member(let name, let parent): "\(parent).\(name)"
        case .element(let index, let parent): "\(parent)[\(index)]"
        }
    }
}

/// A value of the request body with the path that names it in errors, as OpenAI writes paths:
/// `messages[0].content[1].type`.
///
/// Each accessor gives the value in a type or throws a 400 that says what was expected and what came.
struct Field {
    let value: JSONValue
    private let place: FieldPath

    /// What errors call the value.
    var path: String { place.description }

    /// A whole body.
    init(_ body: JSONObject, names: ParameterNames = .own) {
        self.init(value: .object(body), place: .body(names))
    }

    /// A member of a body.
    init(_ name: String, _ value: JSONValue) {
        self.init(value: value, place: .parameter(name))
    }

    private init(value: JSONValue, place: FieldPath) {
        self.value = value
        self.place = place
    }
}

// MARK: Parts

extension Field {
    /// The member of that name; `nil` if it is missing or `null`, which for OpenAI is the same.
    func member(_ name: String) -> Field? {
        guard case .object(let object) = value, let member = object[name] else { return nil }
        if case .null = member { return nil }
        return Field(value: member, place: place.appending(name))
    }

    /// The member of that name, or a 400 `missing_required_parameter`.
    func required(_ name: String, _ expectation: String) throws(OpenAIError) -> Field {
        if let field = member(name) { return field }
        let path = "\(place.appending(name))"
        throw .missingParameter(path, "`\(path)` is required: send \(expectation).")
    }

    /// The element at an index that the caller knows to exist.
    func element(_ index: Int, _ value: JSONValue) -> Field {
        Field(value: value, place: .element(index, of: place))
    }

    /// The elements of an array, made one by one, so that the first fault in a long array ends the work.
    func elements(_ expectation: String) throws(OpenAIError) -> some RandomAccessCollection<Field> {
        guard let array = value.array else { throw mustBe(expectation) }
        return array.indices.lazy.map { element($0, array[$0]) }
    }
}

// MARK: Types

extension Field {
    func object() throws(OpenAIError) -> JSONObject {
        guard let object = value.object else { throw mustBe("an object") }
        return object
    }

    func string() throws(OpenAIError) -> String {
        guard let string = value.string else { throw mustBe("a string") }
        return string
    }

    func bool() throws(OpenAIError) -> Bool {
        guard let bool = value.bool else { throw mustBe("`true` or `false`") }
        return bool
    }

    func number(in range: ClosedRange<Double>) throws(OpenAIError) -> Double {
        guard let number = value.number?.double, range.contains(number) else {
            throw mustBe("a number from \(Self.describe(range.lowerBound)) to \(Self.describe(range.upperBound))")
        }
        return number
    }

    func integer(in range: ClosedRange<Int>) throws(OpenAIError) -> Int {
        guard let integer = value.number?.int, range.contains(integer) else {
            switch (range.lowerBound, range.upperBound) {
            case (.min, .max): throw mustBe("an integer of at most 64 bits")
            case (_, .max): throw mustBe("an integer of at least \(range.lowerBound)")
            default: throw mustBe("an integer from \(range.lowerBound) to \(range.upperBound)")
            }
        }
        return integer
    }
}

// MARK: Faults

extension Field {
    /// The 400 `unsupported_parameter` for a value that is understood and cannot be honoured.
    func unsupported(_ message: String) -> OpenAIError { .unsupportedParameter(path, message) }

    /// The 400 `invalid_value` for a value that contradicts another, or itself.
    func invalid(_ message: String) -> OpenAIError { .invalidValue(path, message) }

    /// The 400 `invalid_value` for a value that is not what it should be.
    func mustBe(_ expectation: String) -> OpenAIError {
        .invalidValue(path, "`\(path)` must be \(expectation), but it is \(Self.describe(value)).")
    }

    /// A value in a sentence, in a few words however long it is: what is too long to be quoted is described by its
    /// length, which may be what is wrong with it.
    static func describe(_ value: JSONValue) -> String {
        switch value {
        case .null: "`null`"
        case .bool(let bool): "`\(bool)`"
        case .number(let number): number.text.utf8.count <= 32 ? number.text : "a very long number"
        case .string(let string):
            if string.isEmpty {
                "an empty string"
            } else if string.utf8.count <= 32 {
                "\"\(string)\""
            } else {
                "a string of \(string.utf8.count) bytes"
            }
        case .array(let array):
            switch array.count {
            case 0: "an empty array"
            case 1: "an array of 1 element"
            default: "an array of \(array.count) elements"
            }
        case .object: "an object"
        }
    }

    private static func describe(_ bound: Double) -> String {
        bound == bound.rounded() ? "\(Int(bound))" : "\(bound)"
    }
}
