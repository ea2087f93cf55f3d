import Dispatch
import Foundation
import PaperVenue

/// The program's own venue for a benchmark: prints its port and ends with its standard input; nothing of it is kept.
@main
struct BenchmarkVenue {
    static func main() async throws {
        var options = VenueOptions()
        options.seed = 7
        let server = try await VenueServer.start(try options.setup())
        print(server.port)
        fflush(nil)
        DispatchQueue(label: "input").async {
            while readLine() != nil {}
            exit(0)
        }
        if let failure = await server.ended() { throw failure }
    }
}
