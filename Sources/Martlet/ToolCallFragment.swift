/// A piece of a tool call, as OpenAI's `delta.tool_calls` has it.
public struct ToolCallFragment: Sendable, Equatable {
    /// Which call of the answer this is a piece of, from 0.
    public var index: Int
    /// In the first piece of a call only.
    public var id: String?
    /// In the first piece of a call only.
    public var name: String?
    /// JSON text, or part of it.
    public var arguments: String

    public init(index: Int, id: String? = nil, name: String? = nil, arguments: String = "") {
        self.index = index
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}
