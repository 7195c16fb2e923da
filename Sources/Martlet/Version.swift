/// Martlet's version.
public enum Version {
    /// The version that `martlet --version` and `/version` report (Semantic Versioning 2.0).
    public static let current = "0.1.0"

    /// The `system_fingerprint` of replies.
    static let fingerprint = "fp_martlet_\(current)"
}
