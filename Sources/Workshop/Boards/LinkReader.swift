import LinkSettings
import System

/// The way to a broker: `mqtt` of a sensor file.
///
/// Files and sockets are the deployment's business, and secrets stand in no bundle.
enum LinkReader {
    static let keys = [
        "broker", "user", "client_id", "queue", "discovery", "protocol", "commands", "snapshots",
        "frigate", "name_check",
    ]

    /// Options of `ocellus-link` and their values, as that program itself takes them.
    static func arguments(_ section: Section) throws(ConfigurationError) -> [String] {
        var arguments: [String] = []
        _ = try section.required("broker", section.text("broker", "a broker's address"), "mqtt://homeassistant.local")
        let texts = [
            ("broker", "--broker"), ("user", "--user"), ("client_id", "--client-id"), ("discovery", "--discovery"),
            ("protocol", "--protocol"), ("frigate", "--frigate"),
        ]
        for (key, option) in texts {
            guard let text = try section.text(key) else { continue }
            do throws(UsageError) { try Arguments.check(option, text) } catch {
                throw section.failure(key, error.message)
            }
            arguments += [option, text]
        }
        arguments += try queue(section)
        let answers: KeyValuePairs = ["true": true, "false": false]
        if try section.choice("commands", answers) ?? false { arguments.append("--commands") }
        if try section.choice("snapshots", answers) ?? false { arguments.append("--snapshots") }
        if try !(section.choice("name_check", answers) ?? true) {
            guard arguments[1].hasPrefix("mqtts://") else {
                throw section.failure("name_check", "names are checked of brokers with TLS: write `broker: mqtts://…`")
            }
            arguments.append("--no-name-check")
        }
        return arguments
    }

    /// Where events wait: in memory, or in a file of a size.
    private static func queue(_ section: Section) throws(ConfigurationError) -> [String] {
        guard let text = try section.text("queue", "memory, or the size of a file such as 8M") else { return [] }
        if text == "memory" { return ["--memory-queue", "1M"] }
        do throws(UsageError) { try Arguments.check("--queue-size", text) } catch {
            throw section.failure("queue", "expected memory, or the size of a file from 64K to 1G; found \"\(text)\"")
        }
        return ["--queue-size", text]
    }
}
