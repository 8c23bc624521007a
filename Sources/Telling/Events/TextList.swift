import Bundle
import CBundle

/// Copies of what a bundle calls its rules, crossings, labels and sub-labels, and of the rules' further labels: they outlive the bundle.
struct TextList: ~Copyable {
    private let bytes: UnsafeMutableRawBufferPointer
    private let ends: UnsafeMutableBufferPointer<Int>  // of each text, in their order
    private let watchLabels: UnsafeMutableBufferPointer<UInt32>
    private let rules: Int
    private let crossings: Int
    private let labels: Int

    init(_ view: BundleView) {
        (rules, crossings, labels) = (view.watches.count, view.crossings.count, view.labels.count)
        let second = view.second
        var total = 0
        for rule in view.watches { total += Int(rule.name.length) }
        for crossing in view.crossings { total += Int(crossing.name.length) }
        for label in view.labels { total += Int(label.length) }
        if let second { for label in second.labels { total += Int(label.length) } }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: total, alignment: 1)
        let ends = UnsafeMutableBufferPointer<Int>.allocate(
            capacity: rules + crossings + labels + (second?.labels.count ?? 0))
        var (end, index) = (0, 0)
        func add(_ text: oc_text, of view: BundleView) {
            let source = UnsafeRawBufferPointer(view.text(text))
            UnsafeMutableRawBufferPointer(rebasing: bytes[end..<end + source.count]).copyMemory(from: source)
            end += source.count
            ends.initializeElement(at: index, to: end)
            index += 1
        }
        for rule in view.watches { add(rule.name, of: view) }
        for crossing in view.crossings { add(crossing.name, of: view) }
        for label in view.labels { add(label, of: view) }
        if let second { for label in second.labels { add(label, of: second) } }
        watchLabels = .allocate(capacity: view.watchLabels.count)
        _ = watchLabels.initialize(from: view.watchLabels)
        self.bytes = bytes
        self.ends = ends
    }

    deinit {
        bytes.deallocate()
        ends.deallocate()
        watchLabels.deallocate()
    }

    func rule(_ index: Int) -> UnsafeRawBufferPointer { text(index) }
    func crossing(_ index: Int) -> UnsafeRawBufferPointer { text(rules + index) }

    /// Of no bytes where there is none.
    func label(_ index: Int) -> UnsafeRawBufferPointer {
        index < labels ? text(rules + crossings + index) : UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// What a cascade's second model calls an object.
    func subLabel(_ index: Int) -> UnsafeRawBufferPointer {
        let at = rules + crossings + labels + index
        return at < ends.count ? text(at) : UnsafeRawBufferPointer(start: nil, count: 0)
    }

    func furtherLabels(_ rule: oc_watch) -> UnsafeBufferPointer<UInt32> {
        let first = Int(rule.further_first)
        return UnsafeBufferPointer(
            rebasing: UnsafeBufferPointer(watchLabels)[first..<first + Int(rule.further_count)])
    }

    private func text(_ index: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[(index > 0 ? ends[index - 1] : 0)..<ends[index]])
    }
}
