internal import MartletJSON
internal import MartletOpenAI

/// Puts the fragments of tool calls together, as servers really send them: with ids and without, with an index for each
/// call, with index 0 for all, and with none.
///
/// A seen id always wins over the index. A new id on an index that is taken, or on none, starts a call. A fragment
/// without id and index belongs to the call that came last. A call that never gets an id is given one.
struct ToolCallAccumulator: Sendable {
    private struct Call: Sendable {
        var id: String?
        var index: Int?
        let ownID = "call_\(RandomID.next())"
        var name = ""
        var arguments = ""
    }

    private var made: [Call] = []

    /// The calls so far, in the order in which they began.
    var calls: [ToolCall] {
        made.indices.map { call(at: $0) }
    }

    /// The call at a place, as far as it has come.
    func call(at place: Int) -> ToolCall {
        let call = made[place]
        let saysNothing = call.arguments.allSatisfy(\.isWhitespace)
        return ToolCall(id: call.id ?? call.ownID, name: call.name, arguments: saysNothing ? "{}" : call.arguments)
    }

    /// Takes a fragment in, and returns the place of its call, and what it adds to the arguments.
    ///
    /// - Parameter offset: Where it stands among several of one chunk; nil if it is the only one.
    mutating func add(_ fragment: JSONObject, offset: Int? = nil) -> (place: Int, arguments: String) {
        let id = fragment["id"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        let place = place(id: id, index: fragment["index"]?.number?.int ?? offset)
        let function = fragment["function"]?.object
        // Some servers repeat the name with every fragment.
        if made[place].name.isEmpty { made[place].name = function?["name"]?.string ?? "" }
        var more = ""
        switch function?["arguments"] {
        case .string(let text): more = text
        case .object(let object): more = JSONValue.object(object).description
        default: break
        }
        made[place].arguments += more
        return (place, more)
    }

    private mutating func place(id: String?, index: Int?) -> Int {
        if let id, let known = made.firstIndex(where: { $0.id == id }) { return known }
        let onIndex = index.flatMap { index in made.lastIndex { $0.index == index } }
        if let id {
            // The call that began without its id gets it now.
            if let onIndex, made[onIndex].id == nil {
                made[onIndex].id = id
                return onIndex
            }
            made.append(Call(id: id, index: index))
            return made.count - 1
        }
        if let onIndex { return onIndex }
        if index == nil, !made.isEmpty { return made.count - 1 }
        made.append(Call(id: nil, index: index))
        return made.count - 1
    }
}
