import CBundle
import CKernels

/// The elements of one `oc_field`, and what they stand for.
struct FieldReader {
    private let elements: UnsafePointer<UInt8>
    private let curve: UnsafeRawPointer
    private let flip: UInt8
    let place: Int
    private let anchor: Int
    let step: Int

    /// - Parameters:
    ///   - field: verified against the tensor.
    ///   - curve: an `oc_curve`.
    init(_ field: oc_field, _ tensor: UnsafeRawBufferPointer, _ curve: UnsafeRawPointer) {
        elements = tensor.baseAddress!.assumingMemoryBound(to: UInt8.self) + Int(field.first)
        self.curve = curve
        flip = UInt8(truncatingIfNeeded: field.flip)
        place = Int(field.place)
        anchor = Int(field.anchor)
        step = Int(field.step)
    }

    /// Rises as the number does that it stands for.
    @inline(__always)
    func element(_ place: Int, _ anchor: Int, _ index: Int) -> UInt8 {
        elements[place * self.place + anchor * self.anchor + index * step] ^ flip
    }

    @inline(__always)
    func value(_ element: UInt8) -> Int32 { curve.load(fromByteOffset: 4 * Int(element), as: Int32.self) }

    /// The least element whose value is `least` or more.
    func element(reaching least: UInt32) -> UInt8? {
        var element = 0
        while element < 256, value(UInt8(truncatingIfNeeded: element)) < Int64(least) { element += 1 }
        return element < 256 ? UInt8(truncatingIfNeeded: element) : nil
    }

    /// The greatest of elements that lie together.
    func greatest(from first: Int, _ count: Int) -> UInt8 {
        oc_greatest(elements + first, UInt32(truncatingIfNeeded: count), flip)
    }

    /// The greatest element of an anchor, of equal ones the first.
    func best(_ place: Int, _ anchor: Int, _ range: Range<Int>) -> (element: UInt8, label: Int) {
        if step == 1, range.count > 8 {
            let first = place * self.place + anchor * self.anchor
            let greatest = greatest(from: first + range.lowerBound, range.count)
            var label = range.lowerBound
            while elements[first + label] ^ flip != greatest { label += 1 }
            return (greatest, label)
        }
        var best = (element: element(place, anchor, range.lowerBound), label: range.lowerBound)
        for label in range.dropFirst() {
            let element = element(place, anchor, label)
            if element > best.element { best = (element, label) }
        }
        return best
    }

    /// The mean of 0, 1, 2 and so on, weighed by the softmax of an anchor's elements, in 1/65536.
    func mean(_ place: Int, _ anchor: Int, _ range: Range<Int>) -> Int64 {
        let most = best(place, anchor, range).element
        var sum: UInt64 = 0
        var weighed: UInt64 = 0
        for index in range {
            let weight = UInt64(value(most - element(place, anchor, index)).magnitude)
            sum += weight
            weighed += weight * UInt64(index - range.lowerBound)
        }
        // The greatest element's weight is 2^20, so that the sum is not 0; 64 bins give less than 2^33.
        return Int64((weighed << 16 + sum / 2) / sum)
    }
}
