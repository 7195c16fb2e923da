internal import MartletUV

/// A commit of a git repository.
public struct GitRevision: Sendable, Hashable {
    /// The hash of the commit, in hexadecimal.
    public var sha: String
    /// The branch; nil for a detached head.
    public var branch: String?

    public init(sha: String, branch: String? = nil) { (self.sha, self.branch) = (sha, branch) }

    /// The commit of the repository that the working directory is in; nil without one, or in one without a commit.
    /// Reads files only: git need not be installed.
    public static var current: GitRevision? { FileSystem.currentFolder.flatMap { GitRevision(above: $0) } }

    /// The commit of the repository that `folder` is in.
    init?(above folder: String) {
        var folder = folder
        while !FileSystem.exists(folder + "/.git") {
            guard let slash = folder.lastIndex(of: "/"), !folder.isEmpty else { return nil }
            folder = String(folder[..<slash])
        }
        var repository = folder + "/.git"
        // In a worktree and in a submodule, it is a file that names the folder.
        if let pointer = Self.line(of: repository), pointer.hasPrefix("gitdir: ") {
            repository = Self.path(String(pointer.dropFirst(8)), from: folder)
        }
        guard let head = Self.line(of: repository + "/HEAD") else { return nil }
        guard head.hasPrefix("ref: ") else {
            guard Self.isHash(head) else { return nil }
            self.init(sha: head)
            return
        }
        let reference = String(head.dropFirst(5))
        // The branches of a worktree are in the repository that it belongs to.
        let common = Self.line(of: repository + "/commondir").map { Self.path($0, from: repository) } ?? repository
        guard let sha = Self.hash(of: reference, in: common) else { return nil }
        let prefix = "refs/heads/"
        self.init(sha: sha, branch: reference.hasPrefix(prefix) ? String(reference.dropFirst(prefix.count)) : nil)
    }

    private static func hash(of reference: String, in repository: String) -> String? {
        if let line = line(of: "\(repository)/\(reference)"), isHash(line) { return line }
        let packed = text(of: repository + "/packed-refs") ?? ""
        let suffix = " " + reference
        let line = packed.split(separator: "\n").first { $0.hasSuffix(suffix) }
        return (line?.dropLast(suffix.count)).map(String.init).flatMap { isHash($0) ? $0 : nil }
    }

    private static func isHash(_ text: String) -> Bool {
        [40, 64].contains(text.utf8.count) && text.utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
    }

    private static func path(_ path: String, from folder: String) -> String {
        path.hasPrefix("/") ? path : "\(folder)/\(path)"
    }

    private static func line(of path: String) -> String? {
        text(of: path)?.split(separator: "\n").first.map(String.init)
    }

    private static func text(of path: String) -> String? {
        // A folder is refused before it is opened.
        guard (try? FileStamp(of: path)) != nil, let bytes = try? FileStamp.contents(of: path, maximumBytes: 16 << 20)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
