internal import MartletJSON

/// The types of JSON Schema (Core §4.2.1), with numbers split in two, so that each combination of them has a complement.
struct JSONTypes: OptionSet, Hashable, Sendable {
    let rawValue: UInt8

    static let null = JSONTypes(rawValue: 1 << 0)
    static let boolean = JSONTypes(rawValue: 1 << 1)
    static let string = JSONTypes(rawValue: 1 << 2)
    /// Numbers without a fraction, however they are written.
    static let integer = JSONTypes(rawValue: 1 << 3)
    /// All other numbers.
    static let fraction = JSONTypes(rawValue: 1 << 4)
    static let array = JSONTypes(rawValue: 1 << 5)
    static let object = JSONTypes(rawValue: 1 << 6)

    static let number: JSONTypes = [.integer, .fraction]
    static let all: JSONTypes = [.null, .boolean, .string, .number, .array, .object]

    /// Nil for a name that is not a type.
    init?(named name: String) {
        switch name {
        case "null": self = .null
        case "boolean": self = .boolean
        case "string": self = .string
        case "integer": self = .integer
        case "number": self = .number
        case "array": self = .array
        case "object": self = .object
        default: return nil
        }
    }

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The type of a value.
    init(of value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool: self = .boolean
        case .string: self = .string
        case .number(let number): self = DecimalNumber(number)?.fraction.isEmpty == false ? .fraction : .integer
        case .array: self = .array
        case .object: self = .object
        }
    }
}
