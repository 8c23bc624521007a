/// What has been done towards the next run, and whether there is a last one to read from: inputs and outputs share memory.
struct Preparation {
    private var isWritten: [Bool]
    private var missing: Int
    /// The input was made of a picture.
    private(set) var isPicture = false
    /// Outputs are those of the last run.
    private(set) var hasRun = false

    init(inputs: Int) {
        isWritten = [Bool](repeating: false, count: inputs)
        missing = inputs
    }

    /// The first input that the next run still needs; nil: none.
    var missingInput: Int? { isPicture || missing == 0 ? nil : isWritten.firstIndex(of: false) }

    mutating func write(input: Int) {
        hasRun = false
        isPicture = false
        if !isWritten[input] { missing -= 1 }
        isWritten[input] = true
    }

    mutating func writePicture() {
        forget()
        isPicture = true
    }

    mutating func run() {
        forget()
        hasRun = true
    }

    private mutating func forget() {
        for index in isWritten.indices { isWritten[index] = false }
        missing = isWritten.count
        isPicture = false
        hasRun = false
    }
}
