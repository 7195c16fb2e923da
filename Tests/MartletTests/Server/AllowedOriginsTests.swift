import Testing

@testable import Martlet

struct AllowedOriginsTests {
    @Test(arguments: [
        ("https://page.test", "https://page.test"), ("http://localhost:3000", "http://localhost:3000"),
        ("HTTPS://Page.Test", "https://page.test"), ("http://page.test:80", "http://page.test"),
        ("https://page.test:443", "https://page.test"), ("http://[::1]:3000", "http://[::1]:3000"),
        ("app://*", "app://obsidian.md"), ("app://*", "app://-"), ("tauri://*", "tauri://localhost"),
        ("tauri://localhost", "tauri://localhost"), ("vscode-webview://*", "vscode-webview://1abc23"),
        ("chrome-extension://abcdef", "chrome-extension://abcdef"), ("file://*", "file://"), ("file://", "file://"),
        ("*", "null"), ("*", "https://page.test"), ("moz-extension://*", "moz-extension://9-8"),
    ])
    func `an origin is allowed by its pattern`(pattern: String, origin: String) throws {
        #expect(try AllowedOrigins([pattern]).contains(origin))
    }

    @Test(arguments: [
        ("https://page.test", "http://page.test"), ("https://page.test", "https://page.test:444"),
        ("https://page.test", "https://page.test.evil.test"),
        ("https://page.test", "https://evil.test/https://page.test"),
        ("https://page.test", "null"), ("http://page.test", "http://page.test:443"), ("app://*", "app2://x"),
        ("app://*", "https://app://x"), ("app://*", "null"), ("app://*", "app:"),
        ("chrome-extension://abc", "chrome-extension://abd"),
    ])
    func `other origins are not allowed`(pattern: String, origin: String) throws {
        #expect(try !AllowedOrigins([pattern]).contains(origin))
    }

    @Test func `no origin is allowed without a pattern`() {
        #expect(AllowedOrigins().isEmpty)
        #expect(!AllowedOrigins().contains("http://localhost"))
    }

    @Test(arguments: [
        ("localhost:3000", "as in http://localhost:3000"), ("page.test", "as in http://page.test"),
        ("", "http://localhost:3000"), ("://x", "http://localhost:3000"), ("null", "with *"), ("Null", "with *"),
        ("https://page.test/", "https://page.test"), ("https://page.test/chat?x#y", "https://page.test"),
        ("https://*.page.test", "app://*"), ("http://*", "app://*"), ("http://localhost:*", "app://*"),
        ("https://", "https://host[:port]"), ("https://user@page.test", "https://host[:port]"),
        ("http://page.test:99999", "http://host[:port]"), ("http://bücher.test", "http://host[:port]"),
        ("https://a.test,https://b.test", "one origin at a time"), ("app://", "app://*"),
        ("app://a*", "app://*"), ("app:// x", "app://*"), ("1app://x", "http://localhost:3000"),
    ])
    func `a pattern that no origin can match is an error with a hint`(pattern: String, hint: String) {
        #expect {
            _ = try AllowedOrigins([pattern])
        } throws: { error in
            let text = "\(error)"
            return text.contains("--cors-origin") && text.contains(pattern.debugDescription) && text.contains(hint)
        }
    }
}
