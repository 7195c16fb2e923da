import Martlet

func addOperations(to server: inout Server, keys: [String: String], log: @escaping @Sendable (String) -> Void) {
    server.gate { request in  // on the loop, from the head, before the body is read
        if request.route == "/health" { return .pass }
        let field = request.head.fields["Authorization"] ?? ""
        guard field.hasPrefix("Bearer "), let name = keys[String(field.dropFirst("Bearer ".count))] else {
            return .refuse(.invalidAPIKey("Send a valid API key."))  // 401, in the envelope of the client's API
        }
        return .principal(Principal(name))
    }
    server.middleware(at: "/v1/chat") { request, next in  // in the request's task, around its answer
        request.context.responseFields.append("x-served-for", request.context.principal?.name ?? "nobody")
        let outcome = try await next()  // returns when the response is complete
        if outcome.error != nil { log("\(request.context.requestID) has failed") }
    }
    server.onRequestEnd { records in  // after the last byte of each response, in batches, off the loops
        for record in records {
            let exchange = record.exchange
            let tokens = record.generation.map { " \($0.usage.totalTokens) tokens" } ?? ""
            log(
                "\(exchange.method?.rawValue ?? "-") \(exchange.head?.path ?? "-") \(exchange.status?.code ?? 0)"
                    + " \(record.principal?.name ?? exchange.clientAddress ?? "-")"
                    + " \(exchange.duration / .milliseconds(1)) ms\(tokens)")
        }
    }
}
