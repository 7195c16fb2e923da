public import MartletJSON
public import MartletOpenAI

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A function that a model may call.
///
/// ```swift
/// struct Weather: Tool {
///     struct Arguments: Decodable, Sendable { var city: String }
///     let name = "weather"
///     let description = "The weather in a city, in one sentence."
///     func call(_ arguments: Arguments, context: ToolContext) async throws -> String { "Sunny in \(arguments.city)." }
/// }
/// ```
public protocol Tool: Sendable {
    /// What the model fills in: the JSON of its call is decoded into this.
    associatedtype Arguments: Decodable & Sendable

    /// What the model calls it; 1 to 64 of letters, digits, `_` and `-`.
    var name: String { get }
    /// What it does, for the model.
    var description: String { get }
    /// Its arguments as a JSON Schema; derived from `Arguments` unless given.
    ///
    /// - Throws: `UnderivableSchema` for arguments of which no schema can be derived.
    var parameters: JSONObject { get throws }
    /// Whether the server is to hold the model to the schema.
    var isStrict: Bool { get }

    /// Does it. What is returned is told to the model; what is thrown too, as an error that it may react to.
    func call(_ arguments: Arguments, context: ToolContext) async throws -> String
}

extension Tool {
    public var parameters: JSONObject {
        get throws { try JSONSchema.derived(from: Arguments.self, isStrict: isStrict) }
    }
    public var isStrict: Bool { false }

    /// How a request names it.
    ///
    /// - Throws: What `parameters` throws.
    public var definition: ToolDefinition {
        get throws {
            ToolDefinition(name: name, description: description, parameters: try parameters, isStrict: isStrict)
        }
    }

    /// Decodes the arguments and does it.
    ///
    /// - Throws: What the tool throws, or an error that says what is wrong with the arguments.
    func call(_ call: ToolCall, turn: Int) async throws -> String {
        let arguments: Arguments
        do {
            let decoder = JSONDecoder()
            decoder.dateDecodingStrategy = .iso8601
            arguments = try decoder.decode(Arguments.self, from: Data(call.arguments.utf8))
        } catch {
            throw ToolArgumentsError(
                description: "the arguments do not fit: \(ToolArgumentsError.sentence(for: error))")
        }
        return try await self.call(arguments, context: ToolContext(call: call, turn: turn))
    }
}

/// The call that a tool answers.
public struct ToolContext: Sendable {
    /// The call, with its id and its arguments as the model wrote them.
    public var call: ToolCall
    /// Which answer of the model made it, from 0.
    public var turn: Int
}

/// A tool that is a closure.
public struct FunctionTool<Arguments: Decodable & Sendable>: Tool {
    public let name: String
    public let description: String
    public let isStrict: Bool
    private let given: JSONObject?
    private let body: @Sendable (Arguments, ToolContext) async throws -> String

    /// - Parameters:
    ///   - name: What the model calls it.
    ///   - description: What it does, for the model.
    ///   - parameters: A JSON Schema; nil for the one that is derived from `Arguments`.
    ///   - isStrict: Whether the server is to hold the model to the schema.
    ///   - body: Does it.
    public init(
        _ name: String, _ description: String, parameters: JSONObject? = nil, isStrict: Bool = false,
        body: @escaping @Sendable (Arguments, ToolContext) async throws -> String
    ) {
        (self.name, self.description, self.body) = (name, description, body)
        (given, self.isStrict) = (parameters, isStrict)
    }

    public var parameters: JSONObject {
        get throws { try given ?? JSONSchema.derived(from: Arguments.self, isStrict: isStrict) }
    }

    public func call(_ arguments: Arguments, context: ToolContext) async throws -> String {
        try await body(arguments, context)
    }
}

/// Arguments that a model got wrong, said so that it can do better.
struct ToolArgumentsError: Error, CustomStringConvertible {
    let description: String

    static func sentence(for error: any Error) -> String {
        let path = { (keys: [any CodingKey]) in keys.map(\.stringValue).joined(separator: ".") }
        switch error as? DecodingError {
        case .keyNotFound(let key, let context): return "\(path(context.codingPath + [key])) is missing"
        case .typeMismatch(let type, let context): return "\(path(context.codingPath)) must be of type \(type)"
        case .valueNotFound(let type, let context):
            return "\(path(context.codingPath)) must be of type \(type), not null"
        case .dataCorrupted(let context):
            return context.codingPath.isEmpty
                ? "they are no valid JSON" : "\(path(context.codingPath)): \(context.debugDescription)"
        default: return "\(error)"
        }
    }
}
