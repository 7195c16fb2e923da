/// Puts the fragments of tool calls as the wire has them, however a backend numbers and repeats: calls count from 0 in
/// the order they begin, and each has its id and its name in its first fragment and nowhere else.
struct ToolCallNumbering {
    /// The backend's index of each call.
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

/// The ids of tool calls that a backend does not name itself.
enum ToolCallID {
    private static let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    /// `call_` and 24 letters and digits, as OpenAI's are.
    static func random() -> String {
        "call_" + String((0..<24).map { _ in letters.randomElement() ?? "0" })
    }
}
