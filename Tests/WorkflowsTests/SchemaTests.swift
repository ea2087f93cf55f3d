import Foundation
import Testing
import Workflows

@Suite("Schema and explanations")
struct SchemaTests {
    private func schema() throws -> [String: Any] {
        let text = WorkflowSchema(registry: Fixtures.registry).text
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test("The schema is draft-07 and knows every step type with its inputs; `scripts/check-schema` tries it on files")
    func complete() throws {
        let schema = try schema()
        #expect(schema["$schema"] as? String == "http://json-schema.org/draft-07/schema#")
        let definitions = try #require(schema["definitions"] as? [String: [String: Any]])
        for signature in Fixtures.registry.signatures.values {
            let with = try #require(definitions["with.\(signature.name)"], "\(signature.name)")
            let properties = try #require(with["properties"] as? [String: Any])
            #expect(Set(properties.keys) == Set(signature.inputs.map(\.name)))
            #expect(Set(with["required"] as? [String] ?? []) == Set(signature.inputs.filter(\.isRequired).map(\.name)))
        }
    }

    @Test("Every reference of the schema leads somewhere")
    func references() throws {
        let schema = try schema()
        let definitions = try #require(schema["definitions"] as? [String: Any])
        var count = 0
        func visit(_ value: Any) {
            if let list = value as? [Any] { list.forEach(visit) }
            guard let object = value as? [String: Any] else { return }
            if let reference = object["$ref"] as? String {
                count += 1
                let name = String(reference.dropFirst("#/definitions/".count))
                #expect(definitions[name] != nil, "\(reference)")
            }
            object.values.forEach(visit)
        }
        visit(schema)
        #expect(count > 100)
    }

    @Test("An explanation has inputs, outputs and effect")
    func explanation() throws {
        let signature = try #require(Fixtures.registry["execute.vwap"])
        let explained = StepExplanation(signature, types: Fixtures.registry.types)
        #expect(explained.effect == "order" && explained.inputs.map(\.name).prefix(2) == ["order", "urgency"])
        #expect(explained.records["ApprovedOrder"]?.contains { $0.name == "digest" } == true)
        #expect(explained.text.hasPrefix("execute.vwap  [order: intent first, then reconcile; never sent again"))
        #expect(explained.text.contains("  order          ApprovedOrder        required\n"))
        #expect(explained.text.contains("\noutputs (steps.<id>.…)\n  fills  Fills\n"))
        let wait = StepExplanation(try #require(Fixtures.registry["wait.until"]), types: Fixtures.registry.types)
        #expect(wait.text.contains("  exactly one of at, session\n"))
    }
}
