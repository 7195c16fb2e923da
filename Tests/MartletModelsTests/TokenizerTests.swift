import MartletJSON
import MartletTestSupport
import Testing

@testable import MartletModels

struct TokenizerTests {
    private let toy = Fixture.model.tokenizer

    @Test func `ids and texts equal those of the tokenizers library`() throws {
        let tokenizers = [
            "toy": toy, "variant": try Tokenizer(ModelFile(path: Fixture.path("variant-tokenizer.json"))),
        ]
        let cases = try #require(Fixture.json("tokenizer-cases.json").array).compactMap(\.object)
        #expect(cases.count > 800)
        for members in cases {
            let name = try #require(members["tokenizer"]?.string)
            let tokenizer = try #require(tokenizers[name])
            let text = try #require(members["text"]?.string)
            if let skipping = members["skipping"]?.string {
                let ids = members.ints("ids")
                #expect(try sameBytes(tokenizer.decode(ids, skippingSpecialTokens: false), text), "\(name) \(ids)")
                #expect(try sameBytes(tokenizer.decode(ids, skippingSpecialTokens: true), skipping), "\(name) \(ids)")
            } else {
                let scalars = text.debugDescription
                #expect(
                    tokenizer.encode(text, parsingSpecialTokens: true) == members.ints("ids"), "\(name) \(scalars)")
                #expect(
                    tokenizer.encode(text, parsingSpecialTokens: false) == members.ints("plain"), "\(name) \(scalars)")
            }
        }
    }

    @Test(arguments: Fixture.references)
    func `the prompts of the reference have its ids`(reference: Reference) throws {
        #expect(toy.encode(reference.text, parsingSpecialTokens: true) == reference.ids)
        #expect(try toy.decode(reference.ids, skippingSpecialTokens: false) == reference.text)
    }

    @Test func `a megabyte of one word decodes to itself`() throws {
        let text = String(repeating: "assistant", count: (1 << 20) / 9)
        let ids = toy.encode(text, parsingSpecialTokens: false)
        #expect(ids.count < text.utf8.count / 3)
        #expect(try toy.decode(ids, skippingSpecialTokens: false) == text)
    }

    @Test func `the bytes of tokens add up to those of the text, also within a character`() throws {
        let ids = toy.encode("日本🦜", parsingSpecialTokens: true)
        #expect(ids.count > 3)
        #expect(try ids.flatMap { try toy.decode($0) } == Array("日本🦜".utf8))
    }

    @Test(arguments: [-1, 1 << 20, Int.max])
    func `an id outside of the vocabulary is an error`(id: Int) {
        #expect(throws: UnknownToken(id: id)) { try toy.decode(id) }
        #expect(throws: UnknownToken(id: id)) { try toy.decode([5, id], skippingSpecialTokens: true) }
    }

    @Test(arguments: [
        ("{", "t is not JSON"),
        ("[]", "t is not a JSON object"),
        ("{}", "model, model.vocab or model.merges is missing"),
        (file(merges: #"["a b c"]"#), "merge 0 is malformed"),
        (file(merges: #"["ab"]"#), "merge 0 is malformed"),
        (file(merges: #"["a b", ["a", "z"]]"#), "merge 1 is malformed"),
        (file(merges: "[7]"), "merge 0 is malformed"),
        (file(vocabulary: #"{"a": -1}"#), "id of token a"),
        (file(vocabulary: #"{"a": 99999999}"#), "id of token a"),
        (file(vocabulary: #"{"a": "0"}"#), "id of token a"),
        (file(added: #"[{"content": "x"}]"#), "added_tokens"),
        (file(added: #"[{"id": 3, "content": ""}]"#), "added_tokens"),
        (file(added: #"[{"id": 3, "content": "x", "single_word": true}]"#), "single_word"),
        (file(model: #""type": "WordPiece","#), "byte-level BPE"),
        (file(model: #""unk_token": "?","#), "unk_token"),
        (file(model: #""end_of_word_suffix": "</w>","#), "end_of_word_suffix"),
        (file(model: #""byte_fallback": true,"#), "byte_fallback"),
        (file(splitter: #"{"type": "Whitespace"}"#), "byte-level BPE"),
        (file(splitter: "null"), "byte-level BPE"),
    ])
    func `a file with unsupported options is refused`(text: String, message: String) {
        let error = #expect(throws: ModelLoadError.self) {
            try Tokenizer(ModelFile(name: "t", copying: Array(text.utf8)))
        }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    @Test func `a byte without a token is dropped, as the library does`() throws {
        let tokenizer = try Tokenizer(ModelFile(name: "t", copying: Array(Self.file().utf8)))
        #expect(tokenizer.encode("abxab", parsingSpecialTokens: true) == [2, 2])
        #expect(tokenizer.encode("axb", parsingSpecialTokens: true) == [2])
    }

    private static func file(
        model: String = "", vocabulary: String = #"{"a": 0, "b": 1, "ab": 2}"#, merges: String = #"["a b"]"#,
        added: String = "[]", splitter: String = #"{"type": "ByteLevel"}"#
    ) -> String {
        """
        {"added_tokens": \(added), "normalizer": null, "pre_tokenizer": \(splitter),
         "model": {\(model) "vocab": \(vocabulary), "merges": \(merges)}}
        """
    }

    private func sameBytes(_ left: String, _ right: String) -> Bool {
        left.utf8.elementsEqual(right.utf8)
    }
}
