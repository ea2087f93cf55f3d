/// How a page looks: calm type, light or dark as the reader's system is, black on white in print.
enum PageStyle {
    /// Colours meet a contrast of 4.5 to 1 on their ground; each has a form or a word beside it.
    static let sheet = colours + text + tables + charts + print

    private static let colours = """

        :root { color-scheme: light dark; --ground: #ffffff; --raised: #f6f7f8; --ink: #1c2126; --faint: #59626b;
          --rule: #d8dde1; --plan: #6b3fa0; --filled: #0b5cad; --market: #667079; --volume: #c3cad0; --price: #3c454d;
          --average: #0b5cad; --arrival: #7a4d00; --vwap: #00695c; --met: #11693a; --expected: #7a5200;
          --missed: #b3261e; --range: #e6ddc6; --banner: #fff2cf; --banner-ink: #5c3d00; }
        @media (prefers-color-scheme: dark) { :root { --ground: #14181c; --raised: #1c2227; --ink: #e6e9ec;
          --faint: #a3adb6; --rule: #364049; --plan: #c4a1f0; --filled: #7ab8ff; --market: #9aa5ae; --volume: #3b464f;
          --price: #cbd2d8; --average: #7ab8ff; --arrival: #f0b95a; --vwap: #6fd3c3; --met: #74d39b;
          --expected: #f0c060; --missed: #ff938a; --range: #453c25; --banner: #4a3a10; --banner-ink: #ffe6a8; } }

        """

    private static let text = """
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system,
          "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }
        main { max-width: 1120px; margin: 0 auto; padding: 32px 24px 48px; }
        h1 { font-size: 28px; line-height: 1.2; font-weight: 600; margin: 0 0 16px; overflow-wrap: anywhere; }
        h2 { font-size: 20px; font-weight: 600; margin: 0 0 12px; overflow-wrap: anywhere; }
        .kind { margin: 0 0 4px; color: var(--faint); letter-spacing: .04em; }
        .order { font-weight: 400; color: var(--faint); }
        .quiet, .faint, footer { color: var(--faint); }
        .quiet { margin: 8px 0 0; }
        .message { margin: 12px 0; overflow-wrap: anywhere; }
        .banner { background: var(--banner); color: var(--banner-ink); border-left: 4px solid var(--banner-ink);
          padding: 10px 14px; margin: 20px 0 0; }
        section, .tiles { margin-top: 36px; }
        section.item { border-top: 2px solid var(--ink); padding-top: 20px; }
        footer { margin-top: 40px; padding-top: 12px; border-top: 1px solid var(--rule); font-size: 13px; }
        dl { margin: 0; } dt { color: var(--faint); font-size: 13px; } dd { margin: 0; overflow-wrap: anywhere; }
        .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 10px 24px; }
        .facts dd, .tiles dd { font-variant-numeric: tabular-nums; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); gap: 1px; }
        .tiles div { box-shadow: 0 0 0 1px var(--rule); padding: 12px 16px; }
        .tiles dd { font-size: 21px; } .tiles .unit { font-size: 13px; color: var(--faint); min-height: 1.5em; }
        .why { margin-top: 20px; } .why div { display: grid; grid-template-columns: 130px 1fr; gap: 16px; padding: 3px 0; }
        .status, .verdict { white-space: nowrap; font-weight: 600; }
        .status { font-size: 12px; border: 1px solid currentColor; padding: 1px 7px; vertical-align: 2px;
          letter-spacing: .03em; }
        td .status { font-size: 11px; vertical-align: 0; }
        .met { color: var(--met); } .expected { color: var(--expected); } .missed { color: var(--missed); }
        .calm { color: var(--faint); }
        a { color: var(--filled); text-underline-offset: 2px; }
        a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--filled);
          outline-offset: 2px; }

        """

    private static let tables = """
        .scroll { overflow-x: auto; margin-top: 4px; }
        table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
        caption { text-align: left; font-weight: 600; padding: 0 0 6px; }
        section > .scroll caption, details caption { position: absolute; width: 1px; height: 1px; overflow: hidden;
          clip-path: inset(50%); }
        th, td { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--rule);
          vertical-align: baseline; font-weight: 400; }
        thead th { color: var(--faint); font-size: 13px; border-bottom-color: var(--faint); vertical-align: bottom; }
        tbody th { font-weight: 600; } tbody th .faint { font-weight: 400; }
        .number { text-align: right; white-space: nowrap; }
        .scroll thead th.number { white-space: normal; }
        td.word { overflow-wrap: break-word; } td.short, .id, .columns tbody th { white-space: nowrap; }
        section > .scroll td.word:last-child { min-width: 14em; }
        tr.total > * { border-top: 1px solid var(--ink); border-bottom: 3px double var(--ink); font-weight: 600; }
        .columns { display: grid; grid-template-columns: minmax(0, 1.2fr) minmax(0, 1fr); gap: 24px 40px;
          margin-top: 24px; }
        .after { margin-top: 24px; } .after .quiet { font-size: 13px; }
        @media (max-width: 1000px) { .columns { grid-template-columns: minmax(0, 1fr); } }
        details { margin-top: 20px; } summary { cursor: pointer; font-weight: 600; padding: 4px 0; }

        """

    private static let charts = """
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 500px), 1fr)); gap: 20px 32px;
          margin-top: 20px; }
        .charts > p { grid-column: 1 / -1; margin: 0; }
        figure { margin: 0; min-width: 0; } figcaption { font-weight: 600; font-size: 14px; margin-bottom: 4px; }
        .chart { overflow-x: auto; } svg { display: block; width: 100%; min-width: 480px; height: auto; }
        .slippage svg { max-width: 820px; min-width: 600px; }
        svg text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans",
          sans-serif; fill: var(--ink); font-variant-numeric: tabular-nums; }
        svg .end { text-anchor: end; } svg .middle { text-anchor: middle; } svg .strong { font-weight: 600; }
        svg .unit, svg .faint { fill: var(--faint); }
        svg path { fill: none; stroke-width: 2; stroke-linejoin: round; }
        .grid { stroke: var(--rule); } .axis { stroke: var(--faint); }
        path.plan { stroke: var(--plan); stroke-width: 7; stroke-opacity: .35; } path.filled { stroke: var(--filled); }
        path.market { stroke: var(--market); stroke-width: 1.5; stroke-dasharray: 1 3; stroke-linecap: round; }
        path.price { stroke: var(--price); stroke-width: 1.4; }
        line.arrival { stroke: var(--arrival); stroke-dasharray: 8 4; }
        line.average { stroke: var(--average); stroke-width: 1.5; }
        line.vwap { stroke: var(--vwap); stroke-dasharray: 2 3; stroke-width: 1.5; }
        line.moment { stroke: var(--faint); stroke-dasharray: 3 3; } line.limit { stroke: var(--ink); stroke-dasharray: 5 3; }
        svg text.plan { fill: var(--plan); } svg text.filled { fill: var(--filled); } svg text.market { fill: var(--faint); }
        svg text.arrival { fill: var(--arrival); } svg text.average { fill: var(--average); }
        svg text.vwap { fill: var(--vwap); }
        .dot { fill: var(--ground); stroke: var(--filled); stroke-width: 1.5; }
        .fill { fill: var(--filled); fill-opacity: .55; stroke: var(--filled); }
        .volume { fill: var(--volume); } .range { fill: var(--range); }
        .bar.met { fill: var(--met); } .bar.expected { fill: var(--expected); } .bar.missed { fill: var(--missed); }

        """

    private static let print = """
        @media (max-width: 560px) { main { padding: 20px 14px 32px; } h1 { font-size: 23px; }
          .facts { grid-template-columns: 1fr 1fr; gap: 8px 14px; } .tiles { grid-template-columns: 1fr 1fr; }
          .why div { grid-template-columns: 1fr; gap: 0; padding: 5px 0; } }
        @page { margin: 14mm 13mm; }
        @media print { :root { color-scheme: light; --ground: #ffffff; --raised: #ffffff; --ink: #000000; --faint: #444c53;
          --rule: #c5cbd0; --plan: #6b3fa0; --filled: #0b5cad; --market: #667079; --volume: #c3cad0; --price: #3c454d;
          --average: #0b5cad; --arrival: #7a4d00; --vwap: #00695c; --met: #11693a; --expected: #7a5200;
          --missed: #b3261e; --range: #e6ddc6; --banner: #ffffff; --banner-ink: #5c3d00; }
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          body { font-size: 9pt; line-height: 1.4; } main { max-width: none; padding: 0; } table { font-size: 8pt; } thead th { font-size: 7.5pt; }
          .status, td .status { font-size: 7pt; padding: 0 4px; }
          th, td { padding: 2px 8px 2px 0; } dt, .tiles .unit { font-size: 8pt; } .tiles dd { font-size: 13pt; } .tiles div { padding: 6px 10px; }
          .tiles { grid-template-columns: repeat(5, 1fr); } section, .tiles { margin-top: 18px; } .why { margin-top: 12px; }
          .why div { padding: 1px 0; } details { margin-top: 10px; } h1 { font-size: 18pt; } h2 { font-size: 13pt; }
          .banner { border: 1pt solid var(--banner-ink); } .scroll, .chart { overflow: visible; }
          section.item { break-before: page; border-top: 0; padding-top: 0; margin-top: 0; } svg, .slippage svg { min-width: 0; }
          section.slippage, figure, .columns > *, .tiles, tr, .why div { break-inside: avoid; }
          h2, figcaption, summary { break-after: avoid; } thead { display: table-header-group; }
          .charts { grid-template-columns: 1fr 1fr; gap: 12px; } .columns { grid-template-columns: 1.2fr 1fr; gap: 20px; }
          .facts { grid-template-columns: repeat(6, auto); gap: 4px 14px; } header .facts { grid-template-columns: repeat(3, 1fr); }
          .columns { margin-top: 12px; } section > .scroll td.word:last-child { min-width: 0; } .message { margin: 0 0 6px; } details.numbers { display: none; }
          details.fills::details-content { content-visibility: visible; display: block; }
          a { color: inherit; text-decoration: none; } }

        """
}
