internal import MartletJSON
internal import MartletOpenAI

/// The names of parameters in error messages, for an API whose names differ from those of the decoded body.
struct ParameterNames: Sendable {
    private let names: [String: String]

    init(_ names: [String: String]) { self.names = names }

    /// The parameters' own names.
    static let own = ParameterNames([:])

    subscript(name: String) -> String { names[name] ?? name }

    /// The error's message with this API's name of the parameter, where a backend has OpenAI's.
    func message(of error: OpenAIError) -> String {
        guard let param = error.param, let name = names[param], name != param else { return error.message }
        return error.message.replacing("`\(param)`", with: "`\(name)`")
    }
}

/// The position of a value in the body, described as OpenAI does: `messages[0].content[1].type`.
///
/// Stored as steps, because every value that is read has a path, but only errors need its text.
enum FieldPath: CustomStringConvertible {
    case body(ParameterNames)
    case parameter(String)
    indirect case member(String, of: FieldPath)
    indirect case element(Int, of: FieldPath)

    /// The path of a member of the value at this path.
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

/// A value of the request body with the path that identifies it in errors.
///
/// Each accessor returns the value as a type, or throws a 400 that states the expected and the actual value.
struct Field {
    let value: JSONValue
    private let place: FieldPath

    /// The path of the value in errors.
    var path: String { place.description }

    /// The name of the member that the value is; nil for the body and for an element.
    var name: String? {
        switch place {
        case .parameter(let name), .member(let name, _): name
        case .body, .element: nil
        }
    }

    /// The body itself.
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
    /// The member of that name; nil if it is missing or `null`, which OpenAI treats alike.
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

    /// The elements of an array, created lazily, so that the first error in a long array ends the work.
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

// MARK: Errors

extension Field {
    /// The 400 `unsupported_parameter` for a valid value that Martlet or the model does not support.
    func unsupported(_ message: String) -> OpenAIError { .unsupportedParameter(path, message) }

    /// The 400 `invalid_value` for a value that contradicts another, or itself.
    func invalid(_ message: String) -> OpenAIError { .invalidValue(path, message) }

    /// The 400 `invalid_value` for a value of the wrong type or range.
    func mustBe(_ expectation: String) -> OpenAIError {
        .invalidValue(path, "`\(path)` must be \(expectation), but it is \(Self.describe(value)).")
    }

    /// A short description of a value for a message. A value that is too long to quote is described by its length,
    /// which may be the reason for the error.
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
