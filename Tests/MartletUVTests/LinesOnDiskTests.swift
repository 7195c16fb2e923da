import Foundation
import MartletUV
import Testing

/// Writing whole lines to a file, and reading a file line by line.
struct LinesOnDiskTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = URL.temporaryDirectory.appending(path: "martlet-lines-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path)
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    // MARK: Writing

    @Test func `lines are appended behind those that are there, and the length is known`() throws {
        try withFolder { folder in
            let path = folder + "/lines"
            try Data("one\n".utf8).write(to: URL(filePath: path))
            let file = try AppendOnlyFile(path)
            #expect(file.size == 4)
            try file.append(Array("two\nthree\n".utf8))
            #expect(try text(path) == "one\ntwo\nthree\n" && file.size == 14)
            #expect(try file.read(at: 4, count: 3) == Array("two".utf8) && file.read(at: 12, count: 9).count == 2)
            try file.truncate(to: 4)
            try file.append(Array("four\n".utf8))
            #expect(try text(path) == "one\nfour\n" && file.size == 9)
        }
    }

    @Test func `one opening of a file has its lock, until it is closed`() throws {
        try withFolder { folder in
            let path = folder + "/lines"
            var first: AppendOnlyFile? = try AppendOnlyFile(path)
            let second = try AppendOnlyFile(path)
            #expect(try first?.lock() == true)
            #expect(try !second.lock())
            first = nil
            #expect(try second.lock())
        }
    }

    @Test func `a file that was renamed is no longer in its place`() throws {
        try withFolder { folder in
            let file = try AppendOnlyFile(folder + "/lines")
            #expect(file.isInPlace)
            try file.move(to: folder + "/old")
            #expect(!file.isInPlace && FileSystem.exists(folder + "/old") && !FileSystem.exists(folder + "/lines"))
            _ = try AppendOnlyFile(folder + "/lines")
            #expect(!file.isInPlace)
        }
    }

    @Test(arguments: ["/", "/dev/null", "/nonexistent/lines"])
    func `what is not a regular file is refused`(path: String) {
        let error = #expect(throws: UVError.self) { _ = try AppendOnlyFile(path) }
        #expect(error?.operation == "open \(path)")
    }

    @Test func `a pipe is refused without waiting for its reader`() throws {
        try withFolder { folder in
            try #require(mkfifo(folder + "/pipe", 0o600) == 0)
            #expect(throws: UVError.self) { _ = try AppendOnlyFile(folder + "/pipe") }
        }
    }

    @Test func `folders are made with those that they are in`() throws {
        try withFolder { folder in
            try FileSystem.makeFolders(folder + "/a//b/c/")
            try FileSystem.makeFolders(folder + "/a/b")
            #expect(FileSystem.exists(folder + "/a/b/c"))
            #expect(try !FileSystem.makeFolder(folder + "/a") && FileSystem.makeFolder(folder + "/d"))
            try Data().write(to: URL(filePath: folder + "/file"))
            #expect(throws: UVError.self) { try FileSystem.makeFolders(folder + "/file/x") }
        }
    }

    // MARK: Reading

    private func lines(_ bytes: Data) throws -> [String] {
        var lines: [String] = []
        try withFolder { folder in
            try bytes.write(to: URL(filePath: folder + "/lines"))
            let file = try LineFile(folder + "/lines")
            while let line = try file.next() {
                switch line {
                case .whole(let bytes): lines.append(String(decoding: bytes, as: UTF8.self))
                case .torn(let bytes): lines.append("torn " + String(decoding: bytes, as: UTF8.self))
                case .overlong: lines.append("overlong")
                }
            }
        }
        return lines
    }

    @Test func `lines are read in order, and a last one without a line feed is torn`() throws {
        #expect(try lines(Data()) == [])
        #expect(try lines(Data("\n".utf8)) == [""])
        #expect(try lines(Data("a\n\nb".utf8)) == ["a", "", "torn b"])
        let long = (0..<200_000).map { "line \($0)" }
        #expect(try lines(Data((long.joined(separator: "\n") + "\n").utf8)) == long)
    }

    @Test func `a line beyond the limit is skipped, and the next one is read`() throws {
        let limit = LineFile.maximumLength
        for count in [limit + 1, limit * 3] {
            #expect(try lines(Data("a\n".utf8) + Data(count: count) + Data("\nb\n".utf8)) == ["a", "overlong", "b"])
            #expect(try lines(Data(count: count)) == ["overlong"], "\(count)")
        }
        let longest = try lines(Data(repeating: 0x61, count: limit) + Data("\n".utf8))
        #expect(longest.count == 1 && longest.first?.utf8.count == limit)
    }

    @Test func `a folder is refused`() {
        let error = #expect(throws: UVError.self) { _ = try LineFile("/") }
        #expect(error?.name == "EISDIR")
    }
}
