import CBundle

/// Sections that bundles of detectors alone have.
public let detectorSections: [oc_section_kind] = [
    OC_SECTION_DETECTOR, OC_SECTION_LEVELS, OC_SECTION_PRIORS, OC_SECTION_CURVES, OC_SECTION_TRACKER,
    OC_SECTION_AREAS, OC_SECTION_CORNERS, OC_SECTION_OBJECT_RULES, OC_SECTION_CROSSINGS,
]
