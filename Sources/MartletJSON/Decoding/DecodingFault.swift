#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Where and why JSON did not decode: the errors of both server and client are made from it.
package struct DecodingFault {
    package enum Problem {
        /// A member or an element that the type requires is not there.
        case missing
        /// The value is of another type than `expected`, such as `an integer`.
        case mismatch(expected: String, isNull: Bool)
        /// The value is of the right type, and `reason` says what is wrong with it.
        case invalid(reason: String)
        /// The text is not JSON.
        case notJSON(JSONError)
        /// The type threw an error of its own.
        case other(any Error)
    }

    package let codingPath: [any CodingKey]
    package let problem: Problem

    /// - Parameter count: The number of components that are left out at the beginning of the path.
    package init(_ error: any Error, droppingFirst count: Int = 0) {
        var keys: [any CodingKey] = []
        switch error {
        case DecodingError.keyNotFound(let key, let context):
            (keys, problem) = (context.codingPath + [key], .missing)
        case DecodingError.typeMismatch(let type, let context):
            (keys, problem) = (context.codingPath, .mismatch(expected: Self.name(of: type), isNull: false))
        case DecodingError.valueNotFound(let type, let context):
            (keys, problem) = (context.codingPath, .mismatch(expected: Self.name(of: type), isNull: true))
        case DecodingError.dataCorrupted(let context):
            (keys, problem) = (context.codingPath, .invalid(reason: context.debugDescription))
        case let error as JSONError: problem = .notJSON(error)
        default: problem = .other(error)
        }
        codingPath = Array(keys.dropFirst(count))
    }

    /// The path as OpenAI writes it, such as `steps[2].minutes`; empty for the root.
    package var path: String {
        var path = ""
        for key in codingPath {
            // The keys of dictionaries may have numbers too.
            if let index = key.intValue, key.stringValue == "Index \(index)" {
                path += "[\(index)]"
            } else {
                path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        return path
    }

    /// The problem with the path, without a full stop: `steps[2].minutes must be an integer`.
    package var sentence: String {
        let words =
            switch problem {
            case .missing: "is missing"
            case .mismatch(let expected, let isNull): "must be \(expected)\(isNull ? ", not null" : "")"
            case .invalid(let reason): "is not valid: \(reason)"
            case .notJSON(let error):
                "is not JSON: \(error.message.dropLast()) (line \(error.line), column \(error.column))"
            case .other(let error): "does not decode: \(error)"
            }
        return "\(codingPath.isEmpty ? "the value" : path) \(words)"
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "`true` or `false`"
        case is Int.Type: "an integer"
        case let type as any FixedWidthInteger.Type: "an integer from \(type.min) to \(type.max)"
        case is any BinaryFloatingPoint.Type, is Decimal.Type: "a number"
        case is any ExpressibleByDictionaryLiteral.Type: "an object"
        case is any ExpressibleByArrayLiteral.Type: "an array"
        case is Date.Type: "a date and time, as in 2026-01-31T12:00:00Z"
        case is Data.Type: "base64"
        case is URL.Type: "a URL"
        default: "another value (\(type))"
        }
    }
}
