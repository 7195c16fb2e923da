/// Who sent a request. Two principals with one id are equal: they share a queue, also with different permissions.
///
/// A string literal is a principal with that id and all permissions.
public struct Principal: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// A principal travels with its request, so a copy is one reference.
    final class Storage: Sendable {
        let id: String
        let name: String
        let permissions: Set<Permission>
        let models: Set<String>?
        let limits: PrincipalLimits?

        init(
            _ id: String, _ name: String, _ permissions: Set<Permission>, _ models: Set<String>?,
            _ limits: PrincipalLimits?
        ) {
            (self.id, self.name, self.permissions, self.models) = (id, name, permissions, models)
            self.limits = limits.flatMap { $0.isUnlimited ? nil : $0 }
        }
    }

    let storage: Storage

    init(_ storage: Storage) { self.storage = storage }

    /// Creates a principal.
    ///
    /// - Parameters:
    ///   - id: What distinguishes principals. It is shown in logs, so it must not be a secret.
    ///   - name: What people call it; by default the id.
    ///   - permissions: By default all.
    ///   - models: The ids or aliases of the only models that exist for the principal; nil for all.
    ///   - limits: How much it may ask of the server; nil for no limits. They count if the server's authenticator or a gate
    ///     finds the principal; of a principal that middleware finds, only the tokens count.
    public init(
        _ id: String, name: String? = nil, permissions: Set<Permission> = Set(Permission.allCases),
        models: Set<String>? = nil, limits: PrincipalLimits? = nil
    ) {
        self.init(Storage(id, name ?? id, permissions, models, limits))
    }

    public init(stringLiteral id: String) { self.init(id) }

    /// What distinguishes principals: equal ids share the queue's turns.
    public var id: String { storage.id }
    /// What people call it.
    public var name: String { storage.name }
    /// What it may do.
    public var permissions: Set<Permission> { storage.permissions }
    /// The ids or aliases of the only models that exist for it; nil for all.
    public var models: Set<String>? { storage.models }
    /// How much it may ask of the server; nil without limits.
    public var limits: PrincipalLimits? { storage.limits }

    /// The name.
    public var description: String { name }

    public static func == (left: Principal, right: Principal) -> Bool {
        left.storage === right.storage || left.id == right.id
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
