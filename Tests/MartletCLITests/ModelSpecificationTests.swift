import ArgumentParser
import Foundation
import Testing

@testable import MartletCLI

struct ModelSpecificationTests {
    @Test(
        arguments: [
            ("a,id=b", "a", "b"), ("a,b,id=c", "a,b", "c"), ("a, b,c,id=d,weights=q8", "a, b,c", "d"),
            ("a,,id=b", "a,", "b"), ("a,b", "a,b", nil), ("a,id", "a,id", nil), ("a,b/c=d,id=e", "a,b/c=d", "e"),
            ("a,=b,id=c", "a,=b", "c"), ("embedded,id=b", nil, "b"),
        ] as [(String, String?, String?)])
    func `a comma begins an option only before the name of one`(text: String, folder: String?, id: String?) throws {
        let model = try ModelSpecification(text)
        #expect(model.folder == folder)
        #expect(model.id == id)
    }

    @Test(arguments: [
        ("a,weight=q8", "weight=q8"), ("a,Id=b", "Id=b"), ("a,kv_memory=8,id=b", "kv_memory=8"), ("a,b,x=1", "x=1"),
        ("a,id=b,c", "c"), ("a,id=b,", "''"), ("a,id=b,x=1", "x=1"),
    ])
    func `an unknown option is named`(text: String, part: String) throws {
        let error = #expect(throws: ValidationError.self) { try ModelSpecification(text) }
        #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: ["", ",id=b", ",weights=q8,running=2"])
    func `a folder whose name looks like an option is meant if it exists`(options: String) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "martlet-\(UUID().uuidString),lr=3e-4,b")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try ModelSpecification(folder.path + options).folder == folder.path)
    }

    @Test(arguments: ["running", "kv-memory"], ["0", "-1", "x", "1048577", "99999999999999999999"])
    func `a number out of range is named with its model`(name: String, value: String) throws {
        let error = #expect(throws: ValidationError.self) { try ModelSpecification("a/b,\(name)=\(value)") }
        #expect(error?.message.hasPrefix("\(name)= of --model a/b must be within 1...") == true)
        #expect(error?.message.contains(value) == true)
    }
}
