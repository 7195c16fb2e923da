import MartletClient

/// Asks several servers at once, says what each answered as soon as it did, and returns them in order.
public func sideBySide(_ question: String, _ clients: [Client], say: (String) -> Void) async -> [String] {
    let all = await Client.compare(.init(messages: [.user(question)]), with: clients) { one in
        switch one.result {
        case .success(let reply): say("\(one.client.baseURL): \(reply.content)")
        case .failure(let error): say("\(one.client.baseURL): \(error)")
        }
    }
    return all.map { (try? $0.result.get().content) ?? "" }
}
