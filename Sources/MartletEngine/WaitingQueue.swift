/// The generations that wait to run, in the order in which they will.
///
/// The next one belongs to the request with the fewest running generations, so that a request with many choices does not
/// delay others; between equals to the older request. Within a request, choices run in order.
struct WaitingQueue {
    /// By request, in the order of their numbers; no list is empty.
    private var requests: [RequestID: [GenerationID]] = [:]
    private(set) var count = 0

    /// All of them, by the age of their requests.
    var all: [GenerationID] {
        requests.sorted { $0.key.number < $1.key.number }.flatMap(\.value)
    }

    mutating func insert(_ id: GenerationID, of request: RequestID) {
        let place = requests[request]?.lastIndex { $0.number < id.number }.map { $0 + 1 } ?? 0
        requests[request, default: []].insert(id, at: place)
        count += 1
    }

    /// Does nothing for a generation that does not wait.
    mutating func remove(_ id: GenerationID, of request: RequestID) {
        guard let place = requests[request]?.firstIndex(of: id) else { return }
        requests[request]?.remove(at: place)
        if requests[request]?.isEmpty == true { requests[request] = nil }
        count -= 1
    }

    /// The next generations in order, up to `limit`.
    ///
    /// - Parameters:
    ///   - shares: how many running generations each request has.
    ///   - held: generations to leave out.
    func next(_ limit: Int, shares: [RequestID: Int], holding held: Set<GenerationID>) -> [GenerationID] {
        guard limit > 0, count > 0 else { return [] }
        var shares = shares
        var lines = requests.mapValues { held.isEmpty ? $0[...] : $0.filter { !held.contains($0) }[...] }
        var result: [GenerationID] = []
        while result.count < limit {
            let first = lines.filter { !$0.value.isEmpty }.keys.min {
                (shares[$0] ?? 0, $0.number) < (shares[$1] ?? 0, $1.number)
            }
            guard let first, let id = lines[first]?.popFirst() else { break }
            result.append(id)
            shares[first, default: 0] += 1
        }
        return result
    }
}
