/// The ids of tool calls that a backend does not name itself.
enum ToolCallID {
    private static let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    /// `call_` and 24 letters and digits, as OpenAI's are.
    static func random() -> String {
        "call_" + String((0..<24).map { _ in letters.randomElement() ?? "0" })
    }
}
