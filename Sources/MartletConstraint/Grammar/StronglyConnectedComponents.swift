/// The strongly connected components of a directed graph (Tarjan 1972), without recursion.
struct StronglyConnectedComponents {
    /// By node, the number of its component.
    private(set) var numbers: [Int]

    /// - Parameter edges: By node, the nodes to which its edges lead.
    init(_ edges: [[Int]]) {
        numbers = Array(repeating: -1, count: edges.count)
        var indices = [Int](repeating: -1, count: edges.count)
        var lowest = indices
        var (path, open): ([(node: Int, edge: Int)], [Int]) = ([], [])
        var (indexCount, componentCount) = (0, 0)
        for root in edges.indices where indices[root] < 0 {
            path.append((root, 0))
            while let (node, edge) = path.last {
                if edge == 0 {
                    (indices[node], lowest[node]) = (indexCount, indexCount)
                    indexCount += 1
                    open.append(node)
                }
                if edge < edges[node].count {
                    path[path.count - 1].edge += 1
                    let next = edges[node][edge]
                    if indices[next] < 0 {
                        path.append((next, 0))
                    } else if numbers[next] < 0 {
                        lowest[node] = min(lowest[node], indices[next])
                    }
                    continue
                }
                path.removeLast()
                if let parent = path.last?.node { lowest[parent] = min(lowest[parent], lowest[node]) }
                guard lowest[node] == indices[node] else { continue }
                while let member = open.popLast() {
                    numbers[member] = componentCount
                    if member == node { break }
                }
                componentCount += 1
            }
        }
    }
}
