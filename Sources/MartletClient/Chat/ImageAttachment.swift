internal import MartletJSON
public import MartletOpenAI

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// An image for the last user message.
public enum ImageAttachment: Sendable, Hashable {
    /// A file, read when the request is built: png, jpg, jpeg, gif, webp or bmp.
    case path(String)
    /// A URL, which the server fetches, or a `data:` URL.
    case url(String)
    /// The bytes of an image, and its media type, such as `image/png`.
    case data([UInt8], mediaType: String)

    private static let mediaTypes = [
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
        "bmp": "image/bmp",
    ]

    /// The image as a message part.
    ///
    /// - Throws: `ClientError` of reason `formatError` for a file that cannot be read, or whose name is not that of an
    ///   image.
    public func part() throws(ClientError) -> ContentPart {
        switch self {
        case .url(let url): return .image(url: url)
        case .data(let bytes, let mediaType):
            return .image(url: "data:\(mediaType);base64,\(Data(bytes).base64EncodedString())")
        case .path(let path):
            guard let mediaType = Self.mediaType(of: path) else {
                throw ClientError(
                    .formatError, "build request: \(path) is not a supported image: png, jpg, gif, webp or bmp.")
            }
            guard let data = FileManager.default.contents(atPath: path) else {
                throw ClientError(.formatError, "build request: the image \(path) cannot be read.")
            }
            return try ImageAttachment.data([UInt8](data), mediaType: mediaType).part()
        }
    }

    private static func mediaType(of path: some StringProtocol) -> String? {
        path.split(separator: ".").last.flatMap { mediaTypes[$0.lowercased()] }
    }

    /// Removes the images from a text: URLs of images, and paths of images that exist. Other paths stay text.
    public static func extractingImages(from text: String) -> (text: String, images: [ImageAttachment]) {
        var images: [ImageAttachment] = []
        let words = text.split(separator: " ", omittingEmptySubsequences: false).filter { word in
            let address = word.prefix { $0 != "?" && $0 != "#" }
            guard mediaType(of: address) != nil else { return true }
            if word.hasPrefix("https://") || word.hasPrefix("http://") {
                images.append(.url(String(word)))
                return false
            }
            guard FileManager.default.fileExists(atPath: String(word)) else { return true }
            images.append(.path(String(word)))
            return false
        }
        return (words.joined(separator: " "), images)
    }

    var json: JSONValue {
        switch self {
        case .path(let path): ["path": .string(path)]
        case .url(let url): ["url": .string(url)]
        case .data(let bytes, let mediaType):
            ["data": .string(Data(bytes).base64EncodedString()), "media_type": .string(mediaType)]
        }
    }

    init?(json: JSONValue) {
        if let path = json.object?["path"]?.string {
            self = .path(path)
        } else if let url = json.object?["url"]?.string {
            self = .url(url)
        } else if let text = json.object?["data"]?.string, let data = Data(base64Encoded: text) {
            self = .data([UInt8](data), mediaType: json.object?["media_type"]?.string ?? "image/png")
        } else {
            return nil
        }
    }
}
