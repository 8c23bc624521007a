/// The entities of a sensor.
extension Discovery {
    /// All components, of every rule and of the sensor itself.
    func components(_ state: SensorState) -> [Component] {
        var all: [Component] = []
        func add(_ builder: ComponentBuilder) { all.append(builder.component) }
        let device = Discovery.device(state.prefix)
        let sensor = JSONText.plain(state.sensor)
        var keys: [Bytes] = []
        for rule in state.rules {
            // Different rules may have the same identifier.
            var key = Topic.identifier(rule.name)
            while keys.contains(key) { key.add("_2") }
            keys.append(key)
            let entities = Entities(
                device: device, sensor: sensor, prefix: state.prefix, rule: rule, key: key, hasCommands: hasCommands)
            switch rule.kind {
            case .object: entities.object(add)
            case .crossing: entities.crossing(add)
            case .line: entities.line(add)
            }
        }
        own(device: device, sensor: sensor, prefix: state.prefix, hasPictures: hasSnapshots && state.givesPictures, add)
        return all
    }

    private func own(
        device: Bytes, sensor: Bytes, prefix: Bytes, hasPictures: Bool, _ add: (ComponentBuilder) -> Void
    ) {
        func start(_ platform: StaticString, _ key: StaticString, _ name: StaticString) -> ComponentBuilder {
            // A blank cannot be in a rule's key, nor two dashes that end it: none is taken twice.
            ComponentBuilder(platform, device: device, sensor: sensor, key: Bytes(key), name: Bytes(name))
        }
        var problem = start("binary_sensor", "sensor--problem", "Problem")
        problem.text("device_class", "problem")
        problem.isDiagnostic()
        problem.text("state_topic", Topic.under(prefix, "sensor"))
        problem.text("value_template", "{{ 'ON' if value_json.problem else 'OFF' }}")
        problem.text("json_attributes_topic", Topic.under(prefix, "sensor"))
        add(problem)
        var latency = start("sensor", "sensor--latency", "Latency")
        latency.text("device_class", "duration")
        latency.text("unit_of_measurement", "ms")
        latency.text("state_class", "measurement")
        latency.isDiagnostic()
        latency.text("state_topic", Topic.under(prefix, "heartbeat"))
        latency.text("value_template", "{{ value_json.latency_max_ms }}")
        add(latency)
        var rate = start("sensor", "sensor--fps", "Frames a second")
        rate.text("unit_of_measurement", "fps")
        rate.text("state_class", "measurement")
        rate.isDiagnostic()
        rate.text("state_topic", Topic.under(prefix, "heartbeat"))
        rate.text("value_template", "{{ value_json.fps }}")
        add(rate)
        if hasPictures {
            var image = start("image", "sensor--snapshot", "Snapshot")
            image.text("content_type", "image/jpeg")
            image.text("image_topic", Topic.under(prefix, "snapshot"))
            add(image)
        }
        guard hasCommands else { return }
        if hasPictures {
            var press = start("button", "sensor--take-snapshot", "Take a snapshot")
            press.text("entity_category", "config")
            press.text("command_topic", Topic.under(prefix, "command"))
            press.text("payload_press", "{\"command\":\"snapshot\"}")
            add(press)
        }
        var standby = start("switch", "sensor--standby", "Standby")
        standby.text("entity_category", "config")
        standby.text("command_topic", Topic.under(prefix, "command"))
        standby.text("payload_on", "{\"command\":\"standby\",\"on\":true}")
        standby.text("payload_off", "{\"command\":\"standby\",\"on\":false}")
        standby.text("state_topic", Topic.under(prefix, "sensor"))
        standby.text("value_template", "{{ 'ON' if value_json.standby else 'OFF' }}")
        standby.text("state_on", "ON")
        standby.text("state_off", "OFF")
        add(standby)
        var reload = start("button", "sensor--reload", "Reload")
        reload.text("entity_category", "config")
        reload.text("command_topic", Topic.under(prefix, "command"))
        reload.text("payload_press", "{\"command\":\"reload\"}")
        add(reload)
    }
}

/// Those of one rule.
private struct Entities {
    let device: Bytes
    let sensor: Bytes
    let prefix: Bytes
    let rule: Rule
    let key: Bytes
    let hasCommands: Bool

    private func start(_ platform: StaticString, _ ending: StaticString, _ name: StaticString) -> ComponentBuilder {
        var words = rule.name
        words.add(" ")
        words.add(name)
        return ComponentBuilder(
            platform, device: device, sensor: sensor, key: key + Bytes("-") + Bytes(ending), name: words)
    }

    func object(_ add: (ComponentBuilder) -> Void) {
        let state = rule.stateTopic(prefix)
        var occupancy = start("binary_sensor", "occupancy", "occupancy")
        occupancy.text("device_class", "occupancy")
        occupancy.text("state_topic", state)
        occupancy.text("value_template", "{{ 'ON' if value_json.present else 'OFF' }}")
        occupancy.text("json_attributes_topic", state)
        add(occupancy)
        events(add, Topic.under(prefix, "object", rule.name), "[\"enter\",\"leave\"]", by: "event", "['enter','leave']")
        if rule.counts {
            var count = start("sensor", "count", "count")
            count.text("state_class", "measurement")
            count.text("state_topic", state)
            count.text("value_template", "{{ value_json.count }}")
            add(count)
        }
        var score = start("sensor", "score", "score")
        score.text("unit_of_measurement", "%")
        score.text("state_class", "measurement")
        score.isDiagnostic()
        score.text("state_topic", state)
        score.text(
            "value_template", "{{ (value_json.score * 100) | round(1) if value_json.score is not none else None }}")
        add(score)
        guard hasCommands, rule.on != nil else { return }
        var threshold = start("number", "threshold", "threshold")
        threshold.text("entity_category", "config")
        threshold.json("min", "0")
        threshold.json("max", "1")
        threshold.json("step", "0.01")
        threshold.text("mode", "box")
        threshold.text("command_topic", Topic.under(prefix, "command"))
        var template = Bytes("{\"command\":\"threshold\",\"object\":")
        template.add(escaped: rule.object)
        template.add(",\"on\":{{ value }}}")
        threshold.text("command_template", template)
        threshold.text("state_topic", state)
        threshold.text("value_template", "{{ value_json.on }}")
        add(threshold)
    }

    func crossing(_ add: (ComponentBuilder) -> Void) {
        events(add, Topic.under(prefix, "crossing", rule.name), "[\"in\",\"out\"]", by: "direction", "['in','out']")
        func counter(_ way: StaticString, _ template: StaticString) {
            var count = start("sensor", way, way)
            count.text("state_class", "total_increasing")
            count.text("state_topic", rule.stateTopic(prefix))
            count.text("value_template", template)
            add(count)
        }
        counter("in", "{{ value_json['in'] }}")
        counter("out", "{{ value_json['out'] }}")
    }

    func line(_ add: (ComponentBuilder) -> Void) {
        var line = start("binary_sensor", "line", "line")
        line.text("state_topic", rule.stateTopic(prefix))
        line.text("value_template", "{{ 'ON' if value_json.active else 'OFF' }}")
        add(line)
    }

    /// What happened while the broker was away is no news: automations would act on it hours later.
    private func events(
        _ add: (ComponentBuilder) -> Void, _ topic: Bytes, _ types: StaticString, by field: StaticString,
        _ list: StaticString
    ) {
        var event = start("event", "event", "event")
        event.json("event_types", types)
        event.text("state_topic", topic)
        var template = Bytes("{% if value_json.")
        template.add(field)
        template.add(" in ")
        template.add(list)
        template.add(" and not value_json.late | default(false) %}{{ dict(value_json, event_type=value_json.")
        template.add(field)
        template.add(") | to_json }}{% endif %}")
        event.text("value_template", template)
        add(event)
    }
}
