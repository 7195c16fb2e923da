internal import MartletHTTP

/// The tools of requests that the model does not get, since the servers of the API's own company run them.
extension Service {
    /// Reports such tools: in a field of the response, and each once in the log.
    func report(ignoredTools tools: [String], of context: RequestContext) {
        if tools.isEmpty { return }
        let plain = tools.map { name in
            String(name.unicodeScalars.prefix(64).map { 0x21..<0x7F ~= $0.value && $0 != "," ? Character($0) : "_" })
        }
        context.responseFields.append("x-martlet-ignored-tools", plain.joined(separator: ", "))
        gauges.ignoredTools.record(tools, in: configuration.logger)
    }
}
