/// The nodes of a grammar, with those of selections added as texts reach them.
struct GrammarGraph: Sendable {
    private(set) var nodes: [Grammar.Node]
    let rules: [Int32]
    /// By a selection's node and what has been selected, the choices from there.
    private var choices: [SelectionState: [Int32]] = [:]

    private struct SelectionState: Hashable, Sendable {
        let selection: Selection
        let used: UInt64
        let next: Int32
    }

    private let names: Set<Int32>
    private let json: [Bool]

    init(_ grammar: Grammar) {
        (nodes, rules, names, json) = (grammar.nodes, grammar.rules, grammar.names, grammar.json)
    }

    /// Whether the node is the name of a member that must not be repeated.
    func isName(_ node: Int32) -> Bool { names.contains(node) }

    /// Whether the node is part of a JSON text.
    func isJSON(_ node: Int32) -> Bool { json.indices.contains(Int(node)) ? json[Int(node)] : true }

    subscript(_ node: Int32) -> Grammar.Node { nodes[Int(node)] }

    /// Where a selection leads: to one more of its texts, and to its end.
    mutating func choices(of selection: Selection, used: UInt64, next: Int32) -> [Int32] {
        let state = SelectionState(selection: selection, used: used, next: next)
        if let known = choices[state] { return known }
        let count = used.nonzeroBitCount
        var result: [Int32] = count >= selection.minimum ? [next] : []
        if count < selection.maximum {
            let texts = used == 0 ? selection.items : selection.following
            for (index, text) in texts.enumerated() where used >> UInt64(index) & 1 == 0 {
                let after = add(.selection(selection, used: used | 1 << UInt64(index), next: next))
                result.append(add(.regex(text, next: after)))
            }
        }
        choices[state] = result
        return result
    }

    private mutating func add(_ node: Grammar.Node) -> Int32 {
        nodes.append(node)
        return Int32(nodes.count - 1)
    }
}
