/// The one place that knows Martlet's version.
public enum Version {
    /// As `martlet --version` and `/version` tell it (Semantic Versioning 2.0).
    public static let current = "0.1.0"

    /// The `system_fingerprint` of replies.
    static let fingerprint = "fp_martlet_\(current)"
}
