import Bundle
import CBundle

extension Repacker {
    /// The new bundle: the sections that are made anew, and all others as their descriptions say.
    func write(_ model: oc_model, _ tensors: [oc_tensor], _ steps: [oc_step]) throws(BundleError) -> [UInt8] {
        var writer = BundleWriter(strings: view.strings)
        writer.add(OC_SECTION_MODEL, [model])
        writer.add(OC_SECTION_TENSORS, tensors)
        writer.add(OC_SECTION_STEPS, steps)
        writer.add(OC_SECTION_WEIGHTS, weights)
        let form = FormChange(view, int8: change(OC_TYPE_INT8.rawValue))
        var copier = SectionCopier(view: view, form: form, writer: writer)
        try BundleSections.visit(&copier)
        return copier.writer.finish()
    }
}

/// Copies whatever is not made anew.
private struct SectionCopier: SectionVisitor {
    let view: BundleView
    let form: FormChange
    var writer: BundleWriter

    mutating func visit<S: BundleSection>(_ section: S.Type) throws(BundleError) {
        if case .replaced = S.repacking { return }
        writer.copy(section, of: view, form: form)
    }
}
