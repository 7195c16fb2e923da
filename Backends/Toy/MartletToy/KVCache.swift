import CToyKernels

/// The keys and values of all sequences, in blocks of 16 positions that are allocated when they are first used.
///
/// A block holds all layers, each as `toy_page_size` describes. Which sequence has which block is the engine's
/// business. On the engine's thread only.
package final class KVCache {
    private var pages: [UnsafeMutablePointer<Float>?]
    private let layerSize: Int
    private let pageSize: Int

    package init(_ configuration: GPT2Configuration, blockCount: Int) {
        pages = Array(repeating: nil, count: blockCount)
        layerSize = toy_page_size(configuration.headCount, configuration.headWidth)
        pageSize = layerSize * configuration.layerCount
    }

    deinit {
        for page in pages { page?.deallocate() }
    }

    /// Where a layer starts in each page.
    func offset(ofLayer layer: Int) -> Int { layer * layerSize }

    /// The memory of a sequence's blocks, in their order.
    func pages(of blocks: [Int]) -> [UnsafeMutablePointer<Float>] {
        blocks.map { block in
            if let page = pages[block] { return page }
            let page = UnsafeMutablePointer<Float>.allocate(capacity: pageSize)
            page.initialize(repeating: 0, count: pageSize)
            pages[block] = page
            return page
        }
    }
}
