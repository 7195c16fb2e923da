/// The generations that wait to run, in the order in which they will be admitted.
///
/// The next one belongs to the request with the fewest running generations, so that a request with many choices does not
/// delay others; on a tie, to the older request. Within a request, choices run in order.
struct WaitingQueue {
    /// Per request, ordered by number. No list is empty.
    private var requests: [EngineRequest.ID: [Generation.ID]] = [:]
    private(set) var count = 0

    /// All of them, oldest request first.
    var all: [Generation.ID] {
        requests.sorted { $0.key.number < $1.key.number }.flatMap(\.value)
    }

    mutating func insert(_ id: Generation.ID, of request: EngineRequest.ID) {
        let place = requests[request]?.lastIndex { $0.number < id.number }.map { $0 + 1 } ?? 0
        requests[request, default: []].insert(id, at: place)
        count += 1
    }

    /// Does nothing for a generation that is not in the queue.
    mutating func remove(_ id: Generation.ID, of request: EngineRequest.ID) {
        guard let place = requests[request]?.firstIndex(of: id) else { return }
        requests[request]?.remove(at: place)
        if requests[request]?.isEmpty == true { requests[request] = nil }
        count -= 1
    }

    /// The next generations in order, up to `limit`.
    ///
    /// - Parameters:
    ///   - shares: how many running generations each request has.
    ///   - paused: generations to leave out.
    func next(_ limit: Int, shares: [EngineRequest.ID: Int], excluding paused: Set<Generation.ID>) -> [Generation.ID] {
        guard limit > 0, count > 0 else { return [] }
        var shares = shares
        var lines = requests.mapValues { paused.isEmpty ? $0[...] : $0.filter { !paused.contains($0) }[...] }
        var result: [Generation.ID] = []
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
