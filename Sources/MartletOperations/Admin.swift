internal import Logging
public import Martlet
internal import MartletHTTP
internal import MartletJSON

extension Server {
    /// Adds `POST /admin/drain`, which ends the server as `RunningServer.drain()` does and responds when no other response
    /// to a client is active. It may be called several times: every call waits for the same drain.
    ///
    /// The route needs the permission `admin`, and exists at `ServerConfiguration.adminListen` only, if there is such an
    /// address. A line in the log at the level `notice` says who has called it or another route below `/admin`, also who was
    /// refused; what only reads, and may be polled, is logged if it was refused.
    ///
    /// - Throws: `ServerError` if the application has such a route.
    public mutating func serveAdmin() throws(ServerError) {
        try route(.post, "/admin/drain", requires: .permission(.admin), for: .operators) { _, writer, server in
            server.drain()
            guard let interrupted = await server.waitUntilDrained(for: writer) else { return }
            var body = JSONWriter()
            body.object { body in
                body.member("status", "drained")
                body.member("interrupted", interrupted)
            }
            writer.send(HTTPResponse(json: body.bytes))
        }
        let logger = configuration.logger
        onRequestEnd { records in
            for record in records where record.exchange.route?.hasPrefix("/admin/") == true {
                if record.exchange.method == .get, record.exchange.status?.code == 200 { continue }
                logger.notice("admin: \(AccessLine(record).text)")
            }
        }
    }
}
