import CYAML

/// Builds the node tree from libyaml's events.
struct EventTreeBuilder {
    private let source: SourceFile
    private let diagnostics: Diagnostics
    private var nodeCount = 0

    init(source: SourceFile, diagnostics: Diagnostics) {
        self.source = source
        self.diagnostics = diagnostics
    }

    /// Ends the building; the reason has been reported.
    private struct Stop: Error {}

    mutating func build() -> YAMLNode? {
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else {
            diagnostics.error("limit", "no memory for the YAML parser", at: source.range(0..<0))
            return nil
        }
        defer { yaml_parser_delete(&parser) }
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
        let bytes = Array((source.text.isEmpty ? "\n" : source.text).utf8)  // libyaml asserts on a null pointer
        return bytes.withUnsafeBufferPointer { buffer in
            yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
            return try? document(&parser)  // `Stop` carries nothing: its reason is a diagnostic already.
        }
    }

    private mutating func document(_ parser: inout yaml_parser_t) throws -> YAMLNode? {
        _ = try next(&parser)  // stream start
        let start = try next(&parser)
        if start.kind == .streamEnd {
            diagnostics.error("yaml", "the file is empty", at: source.range(0..<0))
            return nil
        }
        if start.hasDirective {
            let help = "remove the line that begins with `%`"
            diagnostics.error("yaml", "YAML directives are not used here", at: start.range, help: help)
        }
        let root = try node(from: try next(&parser), &parser, depth: 0)
        _ = try next(&parser)  // document end
        let after = try next(&parser)
        if after.kind != .streamEnd {
            let message = "a second document; a file holds one"
            let help = "remove the `---`, or move what follows into a file of its own"
            diagnostics.error("documents", message, at: source.rangeOfLine(after.range.line), help: help)
        }
        return root
    }

    private mutating func node(from event: Event, _ parser: inout yaml_parser_t, depth: Int) throws -> YAMLNode {
        nodeCount += 1
        guard depth <= YAMLReader.Limits.depth, nodeCount <= YAMLReader.Limits.nodes else {
            let message =
                depth > YAMLReader.Limits.depth
                ? "nested deeper than \(YAMLReader.Limits.depth) levels"
                : "more than \(YAMLReader.Limits.nodes) values"
            diagnostics.error("limit", message, at: event.range)
            throw Stop()
        }
        report(event)
        switch event.kind {
        case .scalar(let scalar):
            return YAMLNode(.scalar(scalar), at: event.range)
        case .sequenceStart:
            return try sequence(startingAt: event.range, &parser, depth: depth)
        case .mappingStart:
            return try mapping(startingAt: event.range, &parser, depth: depth)
        default:
            return YAMLNode(.scalar(YAMLScalar("")), at: event.range)
        }
    }

    private mutating func sequence(
        startingAt start: SourceRange,
        _ parser: inout yaml_parser_t,
        depth: Int
    ) throws -> YAMLNode {
        var nodes: [YAMLNode] = []
        var range = start
        while true {
            let event = try next(&parser)
            guard event.kind != .end else { return YAMLNode(.sequence(nodes), at: closed(range, by: event)) }
            nodes.append(try node(from: event, &parser, depth: depth + 1))
            range = range.through(nodes[nodes.count - 1].range)
        }
    }

    private mutating func mapping(
        startingAt start: SourceRange,
        _ parser: inout yaml_parser_t,
        depth: Int
    ) throws -> YAMLNode {
        var entries: [YAMLEntry] = []
        var lines: [String: Int] = [:]
        var range = start
        while true {
            let event = try next(&parser)
            guard event.kind != .end else { return YAMLNode(.mapping(entries), at: closed(range, by: event)) }
            let key = try node(from: event, &parser, depth: depth + 1)
            let value = try node(from: try next(&parser), &parser, depth: depth + 1)
            range = range.through(value.range).through(key.range)
            guard let name = keyName(key) else { continue }
            if let line = lines[name] {
                let message = "`\(name)` is given twice; the first is in line \(line)"
                diagnostics.error("duplicate-key", message, at: key.range, help: "keep one of them")
                continue
            }
            lines[name] = key.range.line
            entries.append(YAMLEntry(key: name, keyRange: key.range, value: value))
        }
    }

    private func keyName(_ key: YAMLNode) -> String? {
        guard let scalar = key.scalar, !key.isEmpty else {
            let message = "a key must be a text, found \(key.kindDescription)"
            diagnostics.error("key", message, at: key.range, help: "write `name: value`")
            return nil
        }
        if scalar.text == "<<", !scalar.isQuoted {
            let message = "merge keys (`<<`) are not used here: a reader must see every value in its place"
            diagnostics.error("merge-key", message, at: key.range, help: "write the keys out")
            return nil
        }
        return scalar.text
    }

    /// Flow collections end at their bracket; block ones at their last child.
    private func closed(_ range: SourceRange, by end: Event) -> SourceRange {
        end.range.end > end.range.start ? range.through(end.range) : range
    }

    private func report(_ event: Event) {
        let range = event.range
        if event.isAlias {
            let message = "aliases (`*name`) are not used here: a reader must see every value in its place"
            diagnostics.error(
                "alias",
                message,
                at: range,
                help: "write the value out; quote a text that begins with `*`"
            )
        }
        if event.hasAnchor {
            let message = "anchors (`&name`) are not used here: a reader must see every value in its place"
            diagnostics.error("anchor", message, at: range, help: "remove it; quote a text that begins with `&`")
        }
        if event.hasTag {
            let message = "tags (`!name`) are not used here: the schema gives each value its type"
            diagnostics.error("tag", message, at: range, help: "remove it; quote a text that begins with `!`")
        }
    }

    // MARK: - Events

    private enum Kind: Equatable {
        case scalar(YAMLScalar)
        case alias, sequenceStart, mappingStart
        case end
        case documentStart, documentEnd, streamStart, streamEnd
    }

    private struct Event {
        var kind: Kind
        var range: SourceRange
        var hasAnchor = false
        var hasTag = false
        var hasDirective = false
        var isAlias: Bool { kind == .alias }
    }

    private func next(_ parser: inout yaml_parser_t) throws -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(&parser, &event) == 1 else {
            reportSyntax(parser)
            throw Stop()
        }
        defer { yaml_event_delete(&event) }
        let range = source.range(event.start_mark.index..<max(event.start_mark.index, event.end_mark.index))
        switch event.type {
        case YAML_SCALAR_EVENT:
            let data = event.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: data.value, count: data.length), as: UTF8.self)
            let scalar = YAMLScalar(text, style: style(data.style))
            return Event(
                kind: .scalar(scalar),
                range: trimmed(range, scalar),
                hasAnchor: data.anchor != nil,
                hasTag: data.tag != nil
            )
        case YAML_SEQUENCE_START_EVENT:
            let data = event.data.sequence_start
            return Event(
                kind: .sequenceStart,
                range: range,
                hasAnchor: data.anchor != nil,
                hasTag: data.tag != nil
            )
        case YAML_MAPPING_START_EVENT:
            let data = event.data.mapping_start
            return Event(
                kind: .mappingStart,
                range: range,
                hasAnchor: data.anchor != nil,
                hasTag: data.tag != nil
            )
        case YAML_ALIAS_EVENT: return Event(kind: .alias, range: range)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return Event(kind: .end, range: range)
        case YAML_DOCUMENT_START_EVENT:
            let data = event.data.document_start
            let hasDirective = data.version_directive != nil || data.tag_directives.start != data.tag_directives.end
            return Event(kind: .documentStart, range: range, hasDirective: hasDirective)
        case YAML_DOCUMENT_END_EVENT: return Event(kind: .documentEnd, range: range)
        case YAML_STREAM_START_EVENT: return Event(kind: .streamStart, range: range)
        default: return Event(kind: .streamEnd, range: range)
        }
    }

    /// Block scalars end at the start of the next token for libyaml; drop the blank tail.
    private func trimmed(_ range: SourceRange, _ scalar: YAMLScalar) -> SourceRange {
        guard scalar.style == .literal || scalar.style == .folded else { return range }
        var end = range.end
        while end > range.start, source.scalars[end - 1].properties.isWhitespace { end -= 1 }
        return source.range(range.start..<end)
    }

    private func style(_ style: yaml_scalar_style_t) -> YAMLScalar.Style {
        switch style {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
        case YAML_LITERAL_SCALAR_STYLE: .literal
        case YAML_FOLDED_SCALAR_STYLE: .folded
        default: .plain
        }
    }

    // MARK: - Syntax errors

    private func reportSyntax(_ parser: yaml_parser_t) {
        var problem = parser.problem.map { String(cString: $0) } ?? "the text is no YAML"
        if let context = parser.context { problem += ", " + String(cString: context) }
        let offset = min(parser.problem_mark.index, source.count)
        let line = source.position(of: offset).line
        let context = parser.context == nil ? line : source.position(of: parser.context_mark.index).line
        let range = source.range(offset..<min(offset + 1, source.count))
        diagnostics.error("yaml", problem, at: range, help: hint(problem, lines: [line, context, line - 1]))
    }

    /// The traps that people meet, by the text of the lines around the problem.
    private func hint(_ problem: String, lines: [Int]) -> String? {
        for line in lines.filter({ $0 > 0 }).map({ source.line($0) }) where line.contains("${{") {
            let before = line.prefix(upTo: line.firstRange(of: "${{")?.lowerBound ?? line.endIndex)
            if !problem.contains("mapping values"), before.contains("{") || before.contains("[") {
                return "inside `{ }` and `[ ]` an expression must be quoted: `{ order: \"${{ order }}\" }`"
            }
            if problem.contains("mapping values") {
                return "`: ` inside an expression ends the value; quote the whole value: \"${{ ... }}\""
            }
        }
        if problem.contains("mapping values") {
            return "a value that contains `: ` must be quoted; or the line is indented too far"
        }
        if problem.contains("could not find expected ':'") { return "a key is followed by `: ` and its value" }
        if problem.contains("block mapping") || problem.contains("block collection") {
            return "check the indentation: keys of one mapping begin in the same column"
        }
        return nil
    }
}
