/// Normalizes the fragments of tool calls: calls are numbered from 0 in the order in which they begin, and exactly the
/// first fragment of each has its id and name, for any indices and repetitions that a backend emits.
struct ToolCallNumbering {
    /// The backend's index of each call, in the order in which they began.
    private var known: [Int] = []

    var count: Int { known.count }

    /// Whether the fragment begins a call.
    func isNew(_ fragment: ToolCallFragment) -> Bool { !known.contains(fragment.index) }

    mutating func number(_ fragment: ToolCallFragment) -> ToolCallFragment {
        if let index = known.firstIndex(of: fragment.index) {
            return ToolCallFragment(index: index, arguments: fragment.arguments)
        }
        known.append(fragment.index)
        return ToolCallFragment(
            index: known.count - 1, id: fragment.id ?? ToolCallID.random(), name: fragment.name ?? "",
            arguments: fragment.arguments)
    }
}

/// Generates ids for tool calls without one.
enum ToolCallID {
    private static let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    /// `call_` and 24 random letters and digits, like OpenAI's.
    static func random() -> String {
        "call_" + String((0..<24).map { _ in letters.randomElement() ?? "0" })
    }
}
