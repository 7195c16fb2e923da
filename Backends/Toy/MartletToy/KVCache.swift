import CToyKernels

/// The keys and values of one sequence, in pages of 16 positions that are allocated as it grows.
///
/// A page holds all layers, each as `toy_page_size` describes. Belongs to whoever runs the forward pass; nothing here
/// is synchronised.
package final class KVCache {
    private(set) var pages: [UnsafeMutablePointer<Float>] = []
    /// Positions stored.
    package private(set) var count = 0

    private let layerSize: Int
    private let pageSize: Int

    package init(_ configuration: GPT2Configuration) {
        layerSize = toy_page_size(configuration.headCount, configuration.headWidth)
        pageSize = layerSize * configuration.layerCount
    }

    deinit {
        for page in pages { page.deallocate() }
    }

    /// Positions that the pages have room for.
    package var capacity: Int { pages.count * TOY_LANES }

    /// Where a layer starts in each page.
    func offset(ofLayer layer: Int) -> Int { layer * layerSize }

    /// Makes room for `length` positions in all.
    func reserve(_ length: Int) {
        while capacity < length {
            let page = UnsafeMutablePointer<Float>.allocate(capacity: pageSize)
            page.initialize(repeating: 0, count: pageSize)
            pages.append(page)
        }
    }

    /// Counts positions that every layer has stored.
    func advance(by positions: Int) {
        count += positions
    }
}
