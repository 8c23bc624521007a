import CZip

/// The files that are packed into a model's file: TFLite Metadata appends a ZIP archive to the network.
public enum ModelArchive {
    /// Reads one file.
    /// - Parameters:
    ///   - name: as the archive has it.
    ///   - bytes: the model's whole file; any bytes are safe.
    ///   - file: its name, for messages.
    ///   - limit: bytes that the file may unpack to.
    public static func read(
        _ name: String, from bytes: [UInt8], file: String, limit: Int
    ) throws(ImportError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: limit + 1)
        var problem: String?
        let count = bytes.withUnsafeBytes { source in
            result.withUnsafeMutableBytes { target in unpack(name, source, target, &problem) }
        }
        if problem == nil, count > limit { problem = "it unpacks to more than \(limit) bytes" }
        if let problem {
            throw ImportError(
                file: file, problem: "\(name), packed into the model: \(problem)", remedy: "pack it again")
        }
        result.removeLast(result.count - count)
        return result
    }

    /// Names of the files in an archive; none where it cannot be read.
    /// - Parameters:
    ///   - bytes: any bytes are safe.
    ///   - limit: names at most; others are left out.
    public static func names(in bytes: [UInt8], limit: Int) -> [String] {
        bytes.withUnsafeBytes { source in
            var names: [String] = []
            var problem: String?
            open(source, &problem) { archive in
                for index in 0..<max(0, min(zip_get_num_entries(archive, 0), zip_int64_t(limit))) {
                    if let name = zip_get_name(archive, zip_uint64_t(index), 0) { names.append(String(cString: name)) }
                }
            }
            return names
        }
    }

    /// - Returns: bytes unpacked; as many as fit where there are more.
    private static func unpack(
        _ name: String, _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer,
        _ problem: inout String?
    ) -> Int {
        var count = 0
        var failure: String?
        open(source, &problem) { archive in
            let index = zip_name_locate(archive, name, 0)
            guard index >= 0 else {
                failure = "there is no such file in the archive"
                return
            }
            guard let entry = zip_fopen_index(archive, UInt64(index), 0) else {
                failure = String(cString: zip_strerror(archive))
                return
            }
            defer { zip_fclose(entry) }
            while count < target.count {
                let read = zip_fread(entry, target.baseAddress! + count, UInt64(target.count - count))
                guard read >= 0 else {
                    failure = String(cString: zip_error_strerror(zip_file_get_error(entry)))
                    return
                }
                if read == 0 { break }
                count += Int(read)
            }
        }
        problem = problem ?? failure
        return count
    }

    private static func open(
        _ source: UnsafeRawBufferPointer, _ problem: inout String?, _ body: (OpaquePointer) -> Void
    ) {
        var error = zip_error_t()
        zip_error_init(&error)
        defer { zip_error_fini(&error) }
        // The archive owns what it is opened from, and the bytes stay ours.
        guard let buffer = zip_source_buffer_create(source.baseAddress, UInt64(source.count), 0, &error) else {
            problem = String(cString: zip_error_strerror(&error))
            return
        }
        guard let archive = zip_open_from_source(buffer, ZIP_RDONLY, &error) else {
            problem = "no ZIP archive that can be read (\(String(cString: zip_error_strerror(&error))))"
            zip_source_free(buffer)
            return
        }
        defer { zip_discard(archive) }
        body(archive)
    }
}
