/// Whether the model calls tools: OpenAI's `tool_choice`.
public enum ToolChoice: Sendable, Hashable {
    /// It must not.
    case none
    /// It decides.
    case auto
    /// It must call at least one; needs the capability `toolChoice`.
    case required
    /// It must call this one; needs the capability `toolChoice`.
    case function(String)
}
