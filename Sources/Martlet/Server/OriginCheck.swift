internal import MartletHTTP
internal import MartletOpenAI

/// Refuses requests of web pages, except the server's own pages and those of allowed origins. Any page can make its
/// visitor's browser send requests to this machine, and content of type `text/plain` needs no preflight.
///
/// Decides by fields that browsers set and pages cannot change: Origin (RFC 6454 §7) and Sec-Fetch-Site (W3C Fetch
/// Metadata). Programs other than browsers send neither and are not checked.
struct OriginCheck: Sendable {
    let allowed: AllowedOrigins

    /// 403 for a browser's request for a page that is not allowed; nil for others.
    func refusal(of head: RequestHead) -> OpenAIError? { isPreflight(head) ? nil : judgement(of: head) }

    /// Whether `head` is the preflight of a request that would be refused. Its response allows nothing, and no handler
    /// of an application is called.
    func refusesPreflight(_ head: RequestHead) -> Bool { isPreflight(head) && judgement(of: head) != nil }

    private func judgement(of head: RequestHead) -> OpenAIError? {
        guard head.comesFromWebPage, !allowed.allowsAll, !isNavigation(head), !isSameOrigin(head) else { return nil }
        if let origin = head.fields["Origin"] { return allowed.contains(origin) ? nil : Self.foreign(origin) }
        switch head.fields["Sec-Fetch-Site"] {
        case "cross-site": return Self.anonymous
        // Browsers omit Origin from GET and HEAD only.
        case "same-site": return isSafe(head) ? nil : Self.anonymous
        default: return nil
        }
    }

    /// 415 for content of a page that is not JSON, since some other types need no preflight. Forms on the server's own
    /// pages may post to the application's routes.
    func contentRefusal(of head: RequestHead, isCustomRoute: Bool) -> OpenAIError? {
        guard head.comesFromWebPage, head.method == .post, head.hasBody, head.fields.contains("Origin"),
            !Self.isJSON(head.fields["Content-Type"]), !(isCustomRoute && isSameOrigin(head))
        else { return nil }
        return OpenAIError(
            status: 415,
            message: "A web page must send JSON here: set the request's Content-Type to application/json.")
    }

    /// Whether the user opened a link or typed an address: the response is shown to the user, not to a page.
    private func isNavigation(_ head: RequestHead) -> Bool {
        isSafe(head) && head.fields["Sec-Fetch-Mode"] == "navigate"
    }

    /// Whether this is a preflight. It does no work; `CORSPolicy` responds to it.
    private func isPreflight(_ head: RequestHead) -> Bool {
        head.comesFromWebPage && head.method == .options && head.fields.contains("Access-Control-Request-Method")
    }

    /// Whether the page came from this server: the browser reports it, or the origin equals the request's authority.
    private func isSameOrigin(_ head: RequestHead) -> Bool {
        if head.fields["Sec-Fetch-Site"] == "same-origin" { return true }
        guard let origin = head.fields["Origin"]?.lowercased(), let authority = head.authority?.lowercased()
        else { return false }
        return origin == "http://\(authority.hasSuffix(":80") ? String(authority.dropLast(3)) : authority)"
    }

    private func isSafe(_ head: RequestHead) -> Bool { head.method == .get || head.method == .head }

    /// Whether this is `application/json` or a type with the suffix `+json` (RFC 6839 §3.1), with or without
    /// parameters.
    private static func isJSON(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        let type = contentType.prefix { $0 != ";" && $0 != " " && $0 != "\t" }.lowercased()
        return type == "application/json" || type.hasSuffix("+json")
    }

    private static func foreign(_ origin: String) -> OpenAIError {
        if origin == "null" || origin.isEmpty {
            return refusal(
                "A page without an origin of its own (a file, or a sandboxed frame) may not use this server. Serve the "
                    + "page over HTTP, and allow its origin with --cors-origin.")
        }
        // The field's value is suggested as an option only if it is a valid origin.
        let option = (try? AllowedOrigins([origin])) == nil || origin.utf8.count > 128 ? "" : " \(origin)"
        return refusal(
            "Web pages of \(origin.prefix(128)) may not use this server. Allow them with --cors-origin\(option).")
    }

    private static let anonymous = refusal(
        "A page of another site may not load this. Ask with fetch(), which sends the page's origin, and allow that "
            + "origin with --cors-origin.")

    private static func refusal(_ message: String) -> OpenAIError {
        OpenAIError(status: 403, message: message, code: "origin_not_allowed")
    }
}
