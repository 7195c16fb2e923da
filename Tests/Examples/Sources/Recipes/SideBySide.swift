import MartletClient

/// Sends a prompt to several servers at once, reports each reply as it arrives, and returns them in order.
public func sideBySide(_ question: String, _ clients: [Client], report: (String) -> Void) async -> [String] {
    let all = await Client.compare(.init(messages: [.user(question)]), with: clients) { one in
        switch one.result {
        case .success(let reply): report("\(one.client.baseURL): \(reply.content)")
        case .failure(let error): report("\(one.client.baseURL): \(error)")
        }
    }
    return all.map { (try? $0.result.get().content) ?? "" }
}
