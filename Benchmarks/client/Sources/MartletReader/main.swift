import Cost
import MartletClient

let cost = Cost()
let client = Client(cost.url, model: "scripted")
let tokens = try await withThrowingTaskGroup(of: Int.self) { group in
    for _ in 0..<cost.streams {
        group.addTask {
            var count = 0
            for try await event in try await client.stream("Hi") where event.text != nil { count += 1 }
            return count
        }
    }
    var sum = 0
    for try await count in group { sum += count }
    return sum
}
cost.report(tokens)
