import Martlet

struct Item: Codable, Sendable {
    var name: String
    var tags: [String]
}

actor ItemStore {
    private var items: [Item] = []

    func item(_ number: Int) -> Item? { items.indices.contains(number) ? items[number] : nil }

    func items(tagged tag: String?) -> [Item] { items.filter { tag == nil || $0.tags.contains(tag ?? "") } }

    func add(_ item: Item) -> Int {
        items.append(item)
        return items.count - 1
    }
}

func addItemRoutes(to server: inout Server, _ store: ItemStore) throws {
    try server.route(.post, "/api/items") { request, writer in
        let item = try request.decode(Item.self)  // what does not fit is a 400 that names the member
        let number = await store.add(item)
        var response = try HTTPResponse(.created, encoding: item)
        response.head.fields.set("Location", "/api/items/\(number)")
        writer.send(response)
    }
    try server.route(.get, "/api/items") { request, writer in  // /api/items?tag=new
        writer.send(try HTTPResponse(encoding: await store.items(tagged: request.query["tag"])))
    }
    try server.route(.get, "/api/items/{number}") { request, writer in
        guard let number = request.parameters["number"].flatMap({ Int($0) }), let item = await store.item(number) else {
            throw OpenAIError.notFound("There is no such item.")
        }
        writer.send(try HTTPResponse(encoding: item))
    }
}
