import MartletHTTP

extension ConnectionLimits {
    /// Nothing happens by itself: a test shortens the one time that it is about. (The defaults are shorter than a busy
    /// machine may hold a test up between two steps.)
    static let patient = {
        var limits = ConnectionLimits()
        limits.headTimeout = .seconds(600)
        limits.bodyTimeout = .seconds(600)
        limits.bodyGrace = .seconds(600)
        limits.keepAliveTimeout = .seconds(600)
        limits.writeTimeout = .seconds(600)
        limits.headWait = .seconds(600)
        limits.heartbeatInterval = .seconds(600)
        limits.lingerTimeout = .seconds(600)
        return limits
    }()
}
