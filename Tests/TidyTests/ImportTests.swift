import Testing

@Suite("Imports")
struct ImportTests {
    @Test("Every import is an edge of the map")
    func edges() throws {
        let sources = try Repository.sources()
        #expect(sources.count > 10, "no sources found: the test looks in the wrong place")
        for file in sources {
            guard let rooms = RoomMap.rooms[file.room] else {
                Issue.record("\(file): the map has no room `\(file.room)`; add it to RoomMap with what it may import")
                continue
            }
            let allowed = rooms.union(RoomMap.outside[file.room] ?? []).union(RoomMap.everywhere).union(RoomMap.system)
            for (line, module) in file.imports where !allowed.contains(module) {
                Issue.record("\(file):\(line): `\(file.room)` may not import `\(module)`")
            }
        }
    }

    @Test("Pure rooms do without Foundation")
    func withoutFoundation() throws {
        for file in try Repository.sources() where RoomMap.withoutFoundation.contains(file.room) {
            for (line, module) in file.imports where module == "Foundation" || module == "Dispatch" {
                guard RoomMap.foundationExceptions[file.path] == nil else { continue }
                Issue.record("\(file):\(line): `\(file.room)` is a pure room and may not import \(module)")
            }
        }
    }

    @Test("No exception outlives its reason")
    func exceptions() throws {
        let sources = try Repository.sources()
        for path in RoomMap.foundationExceptions.keys.sorted() {
            let file = sources.first { $0.path == path }
            #expect(file?.imports.contains { $0.module == "Foundation" } == true, "\(path) needs no exception any more")
        }
    }

    @Test("The map has no cycle")
    func acyclic() {
        func reach(_ room: String, _ seen: Set<String>) -> Bool {
            guard !seen.contains(room) else { return false }
            return (RoomMap.rooms[room] ?? []).allSatisfy { reach($0, seen.union([room])) }
        }
        for room in RoomMap.rooms.keys.sorted() { #expect(reach(room, []), "\(room) reaches itself") }
    }

    @Test(
        "Imports are found however they are written",
        arguments: [
            ("public import TradingDomain", ["TradingDomain"]), ("import struct Foundation.Data", ["Foundation"]),
            ("@testable import smartexec", ["smartexec"]), ("@preconcurrency public import A.B", ["A"]),
            ("// import X", []), ("let a = \"import X\"", []), ("/// what we import here", []),
            ("let x = \"\"\"\nimport X\n\"\"\"\nimport Y", ["Y"]),
        ]
    )
    func parsing(_ text: String, _ modules: [String]) {
        #expect(Repository.File(path: "Sources/x/a.swift", text: text).imports.map(\.module) == modules)
    }
}
