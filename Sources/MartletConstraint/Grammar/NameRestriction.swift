/// Takes from a mask the tokens that would repeat a member's name, or leave no name that could be written.
///
/// The states of the automaton do not know the names of a text, so that texts share them.
struct NameRestriction {
    let vocabulary: TokenVocabulary
    let names: MemberNames
    let state: Automaton.StateID

    /// - Throws: `ConstraintError` of the kind `tooComplex`.
    func apply(to mask: inout TokenMask, _ automaton: inout Automaton) throws(ConstraintError) {
        if let (used, beginning) = names.pending {
            for name in used where name.starts(with: beginning) {
                try remove(name, after: beginning, used, &mask, &automaton)
            }
        }
        // Few tokens write a whole name, or can begin one whose object has names already.
        for id in automaton.hasFiniteNames ? vocabulary.quotingIDs : vocabulary.doublyQuotingIDs
        where mask.contains(id) {
            if try names(after: vocabulary.bytes(of: id), &automaton) == nil { mask.remove(id) }
        }
    }

    /// Removes the tokens that complete a name that is used.
    private func remove(
        _ name: [UInt8], after beginning: [UInt8], _ used: Set<[UInt8]>, _ mask: inout TokenMask,
        _ automaton: inout Automaton
    ) throws(ConstraintError) {
        var (next, node) = (state, TokenVocabulary.root)
        for (count, byte) in (name[beginning.count...] + [UInt8(ascii: "\"")]).enumerated() {
            guard let child = vocabulary.child(of: node, byte) else { return }
            node = child
            let isWhole = beginning.count + count == name.count
            if !isWhole, automaton.hasFiniteNames {
                next = try automaton.next(next, byte)
                if try automaton.hasName(next, beginningWith: name[..<(beginning.count + count + 1)], except: used) {
                    continue
                }
            } else if !isWhole {
                continue
            }
            vocabulary.remove(node, from: &mask)
            return
        }
    }

    /// The names after further bytes; nil if one of them is repeated, or one that they begin cannot be new.
    func names(after bytes: [UInt8], _ automaton: inout Automaton) throws(ConstraintError) -> MemberNames? {
        var (names, next) = (names, state)
        for byte in bytes {
            guard !automaton.isJSON(next) || names.append(byte) else { return nil }
            next = try automaton.next(next, byte)
        }
        guard automaton.hasFiniteNames, let (used, beginning) = names.pending else { return names }
        return try automaton.hasName(next, beginningWith: beginning[...], except: used) ? names : nil
    }
}
