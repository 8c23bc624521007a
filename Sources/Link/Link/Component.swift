/// One entity of a device, as Home Assistant discovers it.
struct Component: Equatable {
    /// Its name among the device's.
    let key: Bytes
    let platform: Bytes
    /// The members of its JSON object, each with a comma before it, without `platform`.
    let members: Bytes
}

/// Writes a component's members.
struct ComponentBuilder {
    private let device: Bytes
    private let sensor: Bytes
    private var key: Bytes
    private let platform: StaticString
    private var members = Bytes()

    /// - Parameters:
    ///   - device: the device's identifier.
    ///   - sensor: its name, without escapes.
    ///   - key: among the device's components: letters, digits, `_` and `-`.
    init(_ platform: StaticString, device: Bytes, sensor: Bytes, key: Bytes, name: Bytes) {
        (self.platform, self.device, self.sensor, self.key) = (platform, device, sensor, key)
        text("unique_id", device + Bytes("_") + key)
        text("default_entity_id", Bytes(platform) + Bytes(".") + Topic.slug(sensor) + Bytes("_") + Topic.slug(key))
        text("name", ComponentBuilder.shortened(name, sensor))
    }

    /// A name without the device's before it, which Home Assistant sets there itself.
    static func shortened(_ name: Bytes, _ sensor: Bytes) -> Bytes {
        guard name.count > sensor.count + 1, name.lowercased.begins(with: sensor.lowercased),
            name[sensor.count] == UInt8(ascii: " ")
        else { return name }
        var rest = Bytes(name[(sensor.count + 1)...])
        if UInt8(ascii: "a")...UInt8(ascii: "z") ~= rest[0] { rest[0] -= 32 }
        return rest
    }

    mutating func text(_ name: StaticString, _ value: Bytes) {
        raw(name)
        members.add(json: value)
    }

    mutating func text(_ name: StaticString, _ value: StaticString) { text(name, Bytes(value)) }

    /// A member whose value is JSON already.
    mutating func json(_ name: StaticString, _ value: StaticString) {
        raw(name)
        members.add(value)
    }

    private mutating func raw(_ name: StaticString) {
        members.add(",\"")
        members.add(name)
        members.add("\":")
    }

    mutating func isDiagnostic() { text("entity_category", "diagnostic") }

    var component: Component { Component(key: key, platform: Bytes(platform), members: members) }
}
