/// A page's frame.
enum PageDocument {
    static func html(title: String, _ parts: [Markup]) -> String {
        let head = tag(
            "head",
            [:],
            [
                tag("meta", ["charset": "utf-8"]),
                tag("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
                tag("meta", ["name": "color-scheme", "content": "light dark"]),
                tag("title", text: title),
                .style(PageStyle.sheet),
            ]
        )
        let body = tag("body", [:], [tag("main", [:], parts)])
        return "<!DOCTYPE html>\n"
            + tag("html", ["lang": "en", "xmlns": "http://www.w3.org/1999/xhtml"], [head, body]).source + "\n"
    }
}
