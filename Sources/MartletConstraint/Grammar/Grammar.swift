/// A context-free grammar over bytes as a graph: what may come at a place, and where it leads.
///
/// It is productive: from each place, a finite string leads to the end. It has no left recursion, so that what may come
/// next is found without a byte in finitely many steps.
struct Grammar: Sendable {
    enum Node: Hashable, Sendable {
        /// The end of a rule.
        case end
        case regex(Regex, next: Int32)
        case token(TokenSet, next: Int32)
        case call(rule: Int32, next: Int32)
        case choice([Int32])
        /// - Parameter used: The texts that have been selected, one bit each.
        case selection(Selection, used: UInt64, next: Int32)
    }

    /// The first is the end.
    let nodes: [Node]
    /// The first node of each rule; the first rule is the start.
    let rules: [Int32]
    /// The nodes that are names of members which must differ from each other.
    let names: Set<Int32>
    /// Whether such names can run out.
    let hasFiniteNames: Bool
    /// By node, whether it is part of a JSON text, in which names must differ.
    let json: [Bool]
    let dfa: LazyDFA
    /// As it is written, for grammars that have this one as a part.
    let source: GrammarRules

    /// - Throws: `ConstraintError`.
    init(_ source: consuming GrammarRules) throws(ConstraintError) {
        // Taken out and back, so that there is one arena.
        let rules = try source.arena.inlining(source.rules)
        var builder = GrammarBuilder(take(&source.arena), ruleCount: rules.count)
        var starts: [Int32] = []
        // Rules mostly refer to later ones, which the analysis wants to know first.
        var json = [false]
        for (number, rule) in rules.enumerated().reversed() {
            starts.append(try builder.add(rule, before: 0))
            let isJSON = source.json.contains(number)
            json += Array(repeating: isJSON, count: builder.nodes.count - json.count)
        }
        starts = starts.reversed() + builder.innerRules
        if builder.arena.count > RegexArena.maximumCount { throw .expressionTooComplex }
        var dfa = LazyDFA(take(&builder.arena))
        let analysis: GrammarAnalysis
        do throws(LazyDFA.Exhausted) {
            analysis = try GrammarAnalysis(builder.nodes, starts, &dfa)
        } catch {
            throw .expressionTooComplex
        }
        guard analysis.isProductive(rule: 0) else {
            throw ConstraintError(.unsatisfiable, "Nothing satisfies the grammar.")
        }
        if let rule = analysis.leftRecursiveRule {
            let name = source.names.indices.contains(rule) ? source.names[rule] : source.names.first ?? "root"
            throw ConstraintError(
                .unsupported,
                "The rule \(name) is left recursive: it can begin with itself. Write a repetition instead.")
        }
        nodes = analysis.productiveNodes
        self.rules = starts
        names = builder.names
        hasFiniteNames = source.hasFiniteNames
        self.json = json
        source.arena = dfa.arena
        self.dfa = dfa
        self.source = source
    }
}

extension ConstraintError {
    static let expressionTooComplex = ConstraintError(
        .tooComplex, "The regular expressions of the constraint need too many states. Use simpler ones.")
}
