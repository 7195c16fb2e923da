public import MartletJSON
public import MartletOpenAI

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
    /// Decoded from the JSON that the model generates.
    associatedtype Arguments: Decodable & Sendable

    /// 1 to 64 letters, digits, `_` and `-`.
    var name: String { get }
    /// What the tool does, for the model.
    var description: String { get }
    /// The JSON Schema of the arguments; derived from `Arguments` by default.
    ///
    /// - Throws: `UnderivableSchema` if no schema can be derived.
    var parameters: JSONObject { get throws }
    /// Whether the schema follows OpenAI's strict rules, so that every server that has them enforces it. Martlet's enforces
    /// other schemas too.
    var isStrict: Bool { get }

    /// Performs the call. The model receives the returned text, or the thrown error, to which it may react.
    func call(_ arguments: Arguments, context: ToolContext) async throws -> String
}

extension Tool {
    public var parameters: JSONObject {
        get throws { try JSONSchema.derived(from: Arguments.self, isStrict: isStrict) }
    }
    public var isStrict: Bool { false }

    /// The tool as a request describes it.
    ///
    /// - Throws: What `parameters` throws.
    public var definition: ToolDefinition {
        get throws {
            ToolDefinition(
                name: name, description: description, parameters: try parameters, strict: isStrict ? true : nil)
        }
    }

    /// Decodes the arguments and performs the call.
    ///
    /// - Throws: The tool's error, or one that describes what is wrong with the arguments.
    func call(_ call: ToolCall, turn: Int) async throws -> String {
        let arguments: Arguments
        do {
            arguments = try JSONValueDecoder(JSONValue(parsing: Array(call.arguments.utf8))).decode(Arguments.self)
        } catch {
            throw ToolArgumentsError(description: "the arguments do not fit: \(DecodingFault(error).sentence)")
        }
        return try await self.call(arguments, context: ToolContext(call: call, turn: turn))
    }
}

/// The call that a tool performs.
public struct ToolContext: Sendable {
    /// The call, with its id and the arguments as the model wrote them.
    public var call: ToolCall
    /// The turn in which the model made the call, from 0.
    public var turn: Int
}

/// A tool that calls a closure.
public struct FunctionTool<Arguments: Decodable & Sendable>: Tool {
    public let name: String
    public let description: String
    public let isStrict: Bool
    private let given: JSONObject?
    private let body: @Sendable (Arguments, ToolContext) async throws -> String

    /// - Parameters:
    ///   - name: 1 to 64 letters, digits, `_` and `-`.
    ///   - description: What the tool does, for the model.
    ///   - parameters: A JSON Schema; nil derives it from `Arguments`.
    ///   - isStrict: Whether the schema follows OpenAI's strict rules.
    ///   - body: Performs the call.
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

/// Invalid arguments, described so that the model can correct them.
struct ToolArgumentsError: Error, CustomStringConvertible { let description: String }
