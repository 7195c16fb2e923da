internal import MartletOpenAI

/// What a request needs to pass to a route.
///
/// Without an `authenticator` a server requires no credential; a principal that a gate or middleware has found needs the
/// permission all the same.
public struct RouteRequirement: Sendable, Hashable {
    private enum Kind: Hashable {
        case nothing, principal
        case permission(Permission)
    }

    private let kind: Kind

    /// Everybody may send the request; its credential is not checked.
    public static let nothing = RouteRequirement(kind: .nothing)
    /// Any valid credential, otherwise 401.
    public static let principal = RouteRequirement(kind: .principal)
    /// A valid credential, otherwise 401, whose principal has the permission, otherwise 403.
    public static func permission(_ permission: Permission) -> RouteRequirement {
        RouteRequirement(kind: .permission(permission))
    }

    var needsPrincipal: Bool { kind != .nothing }

    /// Whether requests count towards the limits of their principal.
    var isLimited: Bool { kind == .permission(.infer) || kind == .permission(.embed) }

    /// 403 for a principal without the permission that the route needs; nil for others.
    func refusal(of principal: Principal) -> OpenAIError? {
        guard case .permission(let permission) = kind, !principal.permissions.contains(permission) else { return nil }
        return .permissionDenied("This needs the permission `\(permission)`, which your API key does not have.")
    }
}
