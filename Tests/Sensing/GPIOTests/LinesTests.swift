#if DEBUG
    import CBundle
    import CLinux
    import FakeDevices
    import Foundation
    import System
    import Testing

    @testable import GPIO

    /// Lines on chips in memory.
    @Suite(.serialized) struct LinesTests {
        /// Chips and the lines on them; one at a time, as the chips are the process's.
        private final class Bench {
            let folder = NSTemporaryDirectory() + "ocellus-lines-\(UUID().uuidString)"
            private(set) var news: [String] = []
            private(set) var times: [Int64] = []
            var lines: Lines?

            init() throws {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                fake_lines_begin()
            }

            deinit { try? FileManager.default.removeItem(atPath: folder) }

            func plug(_ number: Int, _ label: String) {
                fake_lines_plug(Int32(number), label)
                _ = FileManager.default.createFile(atPath: "\(folder)/gpiochip\(number)", contents: nil)
            }

            func unplug(_ number: Int) {
                try? FileManager.default.removeItem(atPath: "\(folder)/gpiochip\(number)")
                fake_lines_unplug(Int32(number))
            }

            func open(_ settings: LineSettings...) {
                let lines = Lines(settings, devices: Path(folder.utf8))
                // There is something to do at once.
                #expect(lines.pause(at: Clock.monotonic) == 0)
                self.lines = lines
                work()
            }

            /// One round of the daemon's loop, waiting for at most `milliseconds`, at a moment of the test's or now.
            func work(milliseconds: Int32 = 0, at time: Int64? = nil) {
                guard let lines else { return }
                var polls = [oc_poll](repeating: oc_poll(), count: lines.count)
                polls.withUnsafeMutableBufferPointer { polls in
                    lines.fill(polls)
                    _ = oc_wait(polls.baseAddress, polls.count, milliseconds)
                    lines.work(polls, at: time ?? Clock.monotonic) { one in
                        switch one {
                        case .change(let line, let isActive, let time):
                            news.append(
                                "\(String(decoding: lines.name(line), as: UTF8.self)) \(isActive ? "on" : "off")")
                            times.append(time)
                        case .lost(let line, let reason):
                            news.append("\(String(decoding: lines.name(line), as: UTF8.self)) lost: \(reason)")
                        case .recovered(let line):
                            news.append("\(String(decoding: lines.name(line), as: UTF8.self)) recovered")
                        }
                    }
                }
            }

            /// Works until something is so.
            func wait(for condition: () -> Bool) throws {
                let end = Clock.monotonic + 600_000_000_000
                while !condition() {
                    try #require(Clock.monotonic < end, "not within 10 minutes: \(news)")
                    work(milliseconds: 5)
                }
            }

            func takeNews() -> [String] {
                defer { news = [] }
                return news
            }
        }

        private func line(
            _ name: String, _ offset: UInt32, _ use: LineSettings.Use, _ change: (inout LineSettings) -> Void = { _ in }
        ) -> LineSettings {
            var settings = LineSettings(name: Array(name.utf8), .offset(offset, chip: Array("board".utf8)), use)
            change(&settings)
            return settings
        }

        private func tell(
            _ lines: Lines?, _ occasion: LineSettings.Occasion, _ object: String, count: Int? = nil,
            at time: Int64 = Clock.monotonic
        ) {
            let count = count ?? (occasion == .leave ? 0 : 1)
            Array(object.utf8).withUnsafeBytes { lines?.tell(occasion, of: $0, count: count, at: time) }
        }

        @Test func edgesAreToldWithTheKernelsTime() throws {
            let bench = try Bench()
            bench.plug(0, "board")
            bench.open(line("a", 1, .report), line("b", 2, .report) { $0.isActiveLow = true })
            // What the lines are at the start: low is active for the second.
            #expect(bench.takeNews() == ["b on"])
            fake_lines_drive(0, 1, 1, 777, 0)
            fake_lines_drive(0, 1, 0, 888, 0)
            fake_lines_drive(0, 2, 1, 999, 0)
            bench.work()
            #expect(bench.takeNews() == ["a on", "a off", "b off"])
            #expect(bench.times.suffix(3) == [777, 888, 999])
            bench.lines = nil
            #expect(fake_lines_end() == 0)
        }

        @Test func linesWithEqualSettingsGoOn() throws {
            let bench = try Bench()
            bench.plug(0, "board")
            let (pir, lamp) = (line("pir", 1, .report), line("lamp", 2, .follow(object: Array("dog".utf8))))
            fake_lines_drive(0, 1, 1, 5, 0)
            bench.open(pir, lamp)
            tell(bench.lines, .enter, "dog")
            bench.work()
            #expect(bench.takeNews() == ["pir on"] && fake_lines_level(0, 2) == 1)
            let former = try #require(bench.lines)
            let bell = line("bell", 3, .pulse(object: Array("dog".utf8), .enter, length: 1_000_000_000))
            bench.lines = Lines([bell, lamp, pir], from: former, devices: Path(bench.folder.utf8))
            Array("dog".utf8).withUnsafeBytes { bench.lines?.show($0, count: 1, at: Clock.monotonic) }
            // The input has been told, the lamp is on, and nothing pulses for who was there.
            bench.work()
            bench.work()
            #expect(bench.takeNews().isEmpty && fake_lines_level(0, 2) == 1 && fake_lines_level(0, 3) == 0)
            #expect(bench.lines?.isActive(pir) == true && bench.lines?.isActive(bell) == false)
            // The same line for something else is given back before it is asked for.
            let fault = line("fault", 2, .fault(length: 0))
            bench.lines = Lines([fault], from: bench.lines, devices: Path(bench.folder.utf8))
            #expect(fake_lines_level(0, 1) < 0 && fake_lines_level(0, 3) < 0)
            bench.work()
            #expect(bench.takeNews().isEmpty && fake_lines_level(0, 2) == 0)
            bench.lines = nil
            #expect(fake_lines_end() == 0)
        }

        @Test func lostEdgesAreFoundByTheLevel() throws {
            let bench = try Bench()
            bench.plug(0, "board")
            bench.open(line("a", 1, .report))
            fake_lines_drive(0, 1, 1, 1, 0)
            fake_lines_drive(0, 1, 0, 2, 1)
            bench.work()
            #expect(bench.takeNews() == ["a on", "a off"])
            bench.lines = nil
            #expect(fake_lines_end() == 0)
        }

        @Test func contactsAreDebounced() throws {
            let bench = try Bench()
            bench.plug(0, "board")
            bench.open(line("a", 1, .report) { ($0.debounce, $0.bias) = (30_000_000, .pullUp) })
            #expect(fake_lines_bias(0, 1) == Int32(OC_GPIO_PULL_UP.rawValue))
            let start = Clock.monotonic
            for bounce in 0..<5 { fake_lines_drive(0, 1, Int32(1 - bounce % 2), start + Int64(bounce) * 1_000_000, 0) }
            bench.work(at: start + 33_000_000)
            #expect(bench.takeNews().isEmpty)
            #expect(try #require(bench.lines).pause(at: start) <= 34_000_000)
            bench.work(at: start + 34_000_000)
            #expect(bench.takeNews() == ["a on"] && bench.times.last == start)
            bench.lines = nil
            #expect(fake_lines_end() == 0)
        }

        @Test func outputsShowAndAreInactiveAtTheEnd() throws {
            let bench = try Bench()
            bench.plug(0, "board")
            bench.open(
                line("lamp", 3, .follow(object: Array("dog".utf8))),
                line("lock", 4, .pulse(object: Array("dog".utf8), .leave, length: 40_000_000)) {
                    $0.isActiveLow = true
                },
                line("alarm", 5, .fault(length: 20_000_000)))
            #expect(fake_lines_level(0, 3) == 0 && fake_lines_level(0, 4) == 1 && fake_lines_level(0, 5) == 0)
            tell(bench.lines, .enter, "cat")
            tell(bench.lines, .enter, "dog")
            bench.work()
            #expect(fake_lines_level(0, 3) == 1 && fake_lines_level(0, 4) == 1)
            let left = Clock.monotonic
            tell(bench.lines, .leave, "dog", at: left)
            bench.work(at: left + 39_000_000)
            #expect(fake_lines_level(0, 3) == 0 && fake_lines_level(0, 4) == 0)
            bench.work(at: left + 40_000_000)
            #expect(fake_lines_level(0, 4) == 1)
            bench.lines?.setFault(true, at: Clock.monotonic)
            for level in [1, 0, 1] as [Int32] { try bench.wait { fake_lines_level(0, 5) == level } }
            tell(bench.lines, .enter, "dog")
            bench.work()
            bench.lines?.release()
            #expect(fake_lines_level(0, 3) == -1)
            #expect(fake_lines_end() == 0)
        }

        @Test func aLineIsInactiveWhenItIsGivenBack() throws {
            let bench = try Bench()
            bench.plug(0, "board")
            bench.open(line("lamp", 3, .follow(object: Array("dog".utf8))) { $0.isActiveLow = true })
            tell(bench.lines, .enter, "dog")
            bench.work()
            #expect(fake_lines_level(0, 3) == 0)
            bench.lines = nil
            // Asked for by somebody else, without a change of its level.
            var wish = oc_gpio_wish()
            wish.is_active_low = 1
            var handle: UnsafeMutableRawPointer?
            #expect(oc_gpio().pointee.request("\(bench.folder)/gpiochip0", 3, &wish, &handle) == 0)
            #expect(oc_gpio().pointee.get(handle) == 0)
            oc_gpio().pointee.release(handle)
            #expect(fake_lines_end() == 0)
        }

        @Test func aChipThatGoesIsFoundUnderAnotherNumber() throws {
            let bench = try Bench()
            bench.plug(0, "other")
            bench.plug(1, "board")
            bench.open(line("a", 1, .report), line("lamp", 3, .follow(object: Array("dog".utf8))))
            fake_lines_drive(1, 1, 1, 1, 0)
            tell(bench.lines, .enter, "dog")
            bench.work()
            #expect(bench.takeNews() == ["a on"] && fake_lines_level(1, 3) == 1)
            bench.unplug(1)
            try bench.wait { bench.news.count >= 3 }
            let told = bench.takeNews()
            #expect(told.contains("a lost: the chip is gone") && told.contains("lamp lost: the chip is gone"))
            #expect(told.contains("a off"))
            try bench.wait { bench.news.contains { $0.contains("no GPIO chip is called board") } }
            bench.plug(4, "board")
            try bench.wait { fake_lines_level(4, 3) == 1 && fake_lines_level(4, 1) >= 0 }
            #expect(Set(bench.takeNews()).isSuperset(of: ["a recovered", "lamp recovered"]))
            fake_lines_drive(4, 1, 1, 5, 0)
            bench.work()
            #expect(bench.takeNews() == ["a on"])
            bench.lines = nil
            #expect(fake_lines_end() == 0)
        }

        @Test func linesAreFoundByTheirOwnName() throws {
            let bench = try Bench()
            bench.plug(0, "one")
            bench.plug(1, "two")
            fake_lines_name(0, 2, "BUTTON")
            fake_lines_name(1, 5, "BUTTON")
            let button = Array("BUTTON".utf8)
            bench.open(LineSettings(name: Array("a".utf8), .name(button, chip: Array("two".utf8)), .report))
            #expect(fake_lines_level(1, 5) == 0 && fake_lines_level(0, 2) == -1)
            bench.open(LineSettings(name: Array("a".utf8), .name(button, chip: []), .report))
            #expect(fake_lines_level(0, 2) == 0)
            bench.open(LineSettings(name: Array("a".utf8), .name(Array("BELL".utf8), chip: []), .report))
            #expect(bench.takeNews() == ["a lost: no GPIO line is called BELL"])
            bench.lines = nil
            #expect(fake_lines_end() == 0)
        }

        @Test func whatCannotBeHadIsToldOnceAndTriedAgain() throws {
            let bench = try Bench()
            bench.plug(0, "board")
            fake_lines_occupy(0, 1, 1)
            bench.open(line("a", 1, .report), line("b", 9, .report))
            try bench.wait { bench.news.count >= 2 }
            usleep(150_000)
            bench.work()
            let path = bench.folder + "/gpiochip0"
            #expect(
                bench.takeNews() == [
                    "a lost: \(path), line 1: another program or driver uses the line",
                    "b lost: \(path) has lines 0 to 7, not 9",
                ])
            fake_lines_occupy(0, 1, 0)
            try bench.wait { bench.news.contains("a recovered") }
            bench.lines = nil
            #expect(fake_lines_end() == 0)
        }

        /// Waiting for a line costs nothing: the bar is one percent of a processor.
        @Test func waitingCostsNoProcessorTime() throws {
            let bench = try Bench()
            bench.plug(0, "board")
            bench.open(line("pir", 1, .trigger(.active(hold: 0))) { $0.debounce = 50_000_000 })
            let (cpu, wall) = (oc_clock_thread_cpu(), Clock.monotonic)
            // As the daemon with a heartbeat every 100 ms.
            while Clock.monotonic - wall < 1_000_000_000 { bench.work(milliseconds: 100) }
            let share = Double(oc_clock_thread_cpu() - cpu) / Double(Clock.monotonic - wall)
            #expect(share < 0.01, "\(share)")
            bench.lines = nil
            #expect(fake_lines_end() == 0)
        }

        @Test func outputsShowThatEnoughAreThere() throws {
            let bench = try Bench()
            bench.plug(0, "board")
            let people = Array("people".utf8)
            let lamp = line("lamp", 1, .follow(object: people)) { $0.leastCount = 3 }
            let arrival = line("full", 2, .pulse(object: people, .enter, length: 3_600_000_000_000)) {
                $0.leastCount = 3
            }
            let departure = line("room", 3, .pulse(object: people, .leave, length: 3_600_000_000_000)) {
                $0.leastCount = 3
            }
            bench.open(lamp, arrival, departure)
            let levels = { (1...3).map { fake_lines_level(0, UInt32($0)) } }
            var seen: [[Int32]] = []
            for (occasion, count) in [
                (.enter, 1), (.enter, 2), (.update, 2), (.enter, 3), (.enter, 4), (.leave, 3), (.update, 3),
                (.leave, 2),
            ] as [(LineSettings.Occasion, Int)] {
                tell(bench.lines, occasion, "people", count: count)
                bench.work()
                seen.append(levels())
            }
            // A pulse is as long as this test, so the first shows.
            #expect(
                seen == [
                    [0, 0, 0], [0, 0, 0], [0, 0, 0], [1, 1, 0], [1, 1, 0], [1, 1, 0], [1, 1, 0], [0, 1, 1],
                ])
            people.withUnsafeBytes { bench.lines?.show($0, count: 2, at: Clock.monotonic) }
            bench.work()
            #expect(levels()[0] == 0)
            people.withUnsafeBytes { bench.lines?.show($0, count: 5, at: Clock.monotonic) }
            bench.work()
            #expect(levels()[0] == 1)
            bench.lines = nil
            #expect(fake_lines_end() == 0)
        }

        @Test func recordsBecomeSettings() {
            let strings = Array("doorGPIO4chipdog".utf8)
            var record = oc_line()
            record.name = oc_text(offset: 0, length: 4)
            record.line = oc_text(offset: 4, length: 5)
            record.chip = oc_text(offset: 9, length: 4)
            record.object = oc_text(offset: 13, length: 3)
            record.use = UInt8(OC_LINE_PULSE_UPDATE.rawValue)
            (record.active_low, record.bias, record.debounce, record.time, record.least_on) = (1, 3, 5, 200, 300)
            record.least_count = 7
            strings.withUnsafeBytes { strings in
                let settings = LineSettings(record) {
                    UnsafeRawBufferPointer(rebasing: strings[Int($0.offset)..<Int($0.offset + $0.length)])
                }
                #expect(settings.name == Array("door".utf8) && settings.isActiveLow && settings.bias == .pullDown)
                #expect(settings.debounce == 5_000_000 && settings.leastOn == 300_000_000 && settings.leastCount == 7)
                guard case .pulse(let object, .update, 200_000_000) = settings.use, object == Array("dog".utf8),
                    case .name(let line, let chip) = settings.place, line == Array("GPIO4".utf8),
                    chip == Array("chip".utf8)
                else {
                    Issue.record("\(settings)")
                    return
                }
            }
        }
    }
#endif
