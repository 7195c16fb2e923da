internal import MartletJSON
internal import MartletOpenAI

/// Puts tool calls together, as servers really send them: whole or in fragments; with ids, without, and with one id for
/// all; with an index for each call, with index 0 for all, and with none.
///
/// - Elements of a whole reply are separate calls, always.
/// - A fragment belongs to the call with its id, otherwise to the one with its index, otherwise to the latest. Of calls
///   that share an id, the index says which.
/// - A fragment with a function's name begins a call where it cannot belong to another: behind arguments that are
///   complete, under an index that its id did not have, and beside a fragment of the same chunk that went there already. One without a name never does, since a
///   chunk may hold several pieces of one call (vLLM with speculative decoding).
/// - A call without an id, or with one that an earlier call has, is given one: results are matched by it.
struct ToolCallAccumulator: Sendable {
    private struct Call: Sendable {
        /// What the server sent.
        var id: String?
        var index: Int?
        let ownID = "call_\(RandomID.next())"
        var isDuplicate = false
        var name = ""
        var arguments = ""
        var extent = ObjectExtent()
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
        let id = call.isDuplicate ? call.ownID : call.id ?? call.ownID
        return ToolCall(id: id, name: call.name, arguments: saysNothing ? "{}" : call.arguments)
    }

    /// Takes in the `tool_calls` of one chunk or reply.
    ///
    /// - Parameter areWhole: Whether they are a whole reply's, and each is a call.
    /// - Returns: For each fragment its call as it is by then.
    mutating func add(_ fragments: [JSONObject], areWhole: Bool) -> [ChatEvent.ToolCallDelta] {
        var taken: Set<Int> = []
        return fragments.enumerated().map { offset, fragment in
            let id = fragment["id"]?.string.flatMap { $0.isEmpty ? nil : $0 }
            // Several fragments without an index are several calls, even if they have no id either.
            let index = fragment["index"]?.number?.int ?? (fragments.count > 1 ? offset : nil)
            let function = fragment["function"]?.object
            let name = function?["name"]?.string ?? ""
            let arguments = Self.text(of: function?["arguments"])
            var place = areWhole ? nil : self.place(id: id, index: index)
            if let found = place, let index = fragment["index"]?.number?.int, let known = made[found].index,
                index != known, !name.isEmpty, !made[found].name.isEmpty
            {
                place = nil
            }
            if let found = place, !name.isEmpty {
                let isOther =
                    taken.contains(found)
                    || cannotGoOn(made[found], by: name, arguments, isLatest: id == nil && index == nil)
                if isOther { place = nil }
            }
            let own = place ?? begin(index: index)
            taken.insert(own)
            extend(own, id: id, name: name, arguments: arguments)
            return ChatEvent.ToolCallDelta(place: own, call: call(at: own), arguments: arguments)
        }
    }

    /// The call that a fragment belongs to by what it says of itself.
    private func place(id: String?, index: Int?) -> Int? {
        if let id, let known = made.lastIndex(where: { $0.id == id }) {
            return made.lastIndex { $0.id == id && $0.index == index } ?? known
        }
        let onIndex = index.flatMap { index in made.lastIndex { $0.index == index } }
        // The call that began without its id gets it now; another id is another call.
        if id != nil { return onIndex.flatMap { made[$0].id == nil ? $0 : nil } }
        return onIndex ?? (index == nil ? made.indices.last : nil)
    }

    /// Whether a fragment with a name must be another call's.
    ///
    /// - Parameter isLatest: Whether it was assigned by nothing but its order.
    private func cannotGoOn(_ call: Call, by name: String, _ arguments: String, isLatest: Bool) -> Bool {
        if call.name.isEmpty { return false }
        // Some servers repeat the name with an empty fragment at the end.
        if call.extent.isComplete, name != call.name || !arguments.allSatisfy(\.isWhitespace) { return true }
        return isLatest && name != call.name
    }

    private mutating func begin(index: Int?) -> Int {
        made.append(Call(index: index))
        return made.count - 1
    }

    private mutating func extend(_ place: Int, id: String?, name: String, arguments: String) {
        if made[place].id == nil, let id {
            made[place].isDuplicate = made.contains { $0.id == id }
            made[place].id = id
        }
        // Some servers repeat the name with every fragment.
        if made[place].name.isEmpty { made[place].name = name }
        made[place].arguments += arguments
        made[place].extent.advance(over: arguments)
    }

    private static func text(of arguments: JSONValue?) -> String {
        switch arguments {
        case .string(let text): text
        case .object(let object): JSONValue.object(object).description
        default: ""
        }
    }
}

/// Whether JSON text that comes in pieces is a complete object by now. Every byte is looked at once.
private struct ObjectExtent: Sendable {
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// Whether an object has been opened and closed.
    private(set) var isComplete = false

    mutating func advance(over text: String) {
        for byte in text.utf8 {
            if isEscaped {
                isEscaped = false
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString.toggle()
            case UInt8(ascii: "\\") where isInString: isEscaped = true
            case UInt8(ascii: "{") where !isInString: depth += 1
            case UInt8(ascii: "}") where !isInString:
                depth -= 1
                if depth == 0 { isComplete = true }
            default: break
            }
        }
    }
}
