/// How the page looks: one column, hairlines, figures of one width; light, dark, narrow and on paper.
enum ReportStyle {
    static let sheet = """
        :root {
          --ink: #1b1f24; --soft: #59636e; --line: #d8dee4; --faint: #eef1f4; --paper: #ffffff; --panel: #f6f8fa; --link: #0a5a9c;
          --k: #0b6b4f; --m: #7a4a00; --km: #5b3a8c;
          --pass: #d5efe6; --pass-ink: #0b5a43; --defect: #f6c667; --defect-ink: #3d2700; --fail: #c43c00; --fail-ink: #ffffff;
          --skip: #dbe7f3; --skip-ink: #0a4a80;
          --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "DejaVu Sans", sans-serif;
          --mono: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ink: #e6eaef; --soft: #9aa6b2; --line: #343c45; --faint: #222930; --paper: #14181d; --panel: #1b2026; --link: #7cb8f0;
            --k: #63cfa9; --m: #e0b060; --km: #bda2ee;
            --pass: #163d31; --pass-ink: #8fe0c3; --defect: #b57a0c; --defect-ink: #fff6e2; --fail: #e0552a; --fail-ink: #ffffff;
            --skip: #1d3348; --skip-ink: #a5cdf2;
          }
        }
        * { box-sizing: border-box; }
        html { font: 16px/1.6 var(--sans); color: var(--ink); background: var(--paper); -webkit-text-size-adjust: 100%; }
        body { max-width: 68rem; margin: 0 auto; padding: 0 1.5rem 4rem; }
        a { color: var(--link); text-underline-offset: .15em; }
        header { padding: 3.5rem 0 1rem; }
        .mark { margin: 0; font: 600 .8rem/1 var(--mono); color: var(--soft); letter-spacing: .04em; }
        h1 { max-width: 42rem; margin: .7rem 0 .5rem; font-size: 2.1rem; line-height: 1.18; font-weight: 650; letter-spacing: -.02em; }
        .where { margin: 0; color: var(--soft); }
        h2 { margin: 4.5rem 0 1rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: 1.45rem; line-height: 1.25;
             font-weight: 650; letter-spacing: -.012em; }
        h3 { margin: 2.2rem 0 .6rem; font-size: 1.02rem; font-weight: 650; }
        p { max-width: 44rem; margin: .8rem 0; }
        .headlines { display: grid; grid-template-columns: repeat(auto-fit, minmax(12.2rem, 1fr)); gap: 1px; margin: 2.2rem 0; padding: 0;
                     list-style: none; background: var(--line); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
        .headlines li { padding: 1rem 1.1rem 1.1rem; background: var(--paper); }
        .headlines p { margin: 0; }
        .headlines .label { min-height: 2.7em; font-size: .8rem; line-height: 1.35; color: var(--soft); }
        .headlines .figure { margin: .35rem 0 .2rem; font-size: 1.28rem; line-height: 1.25; font-weight: 650; letter-spacing: -.015em;
                             font-variant-numeric: tabular-nums; white-space: nowrap; }
        .headlines .note { font-size: .8rem; line-height: 1.4; color: var(--soft); }
        nav ol { columns: 15rem; column-gap: 2rem; margin: 1.5rem 0 0; padding: 0 0 0 1.3rem; color: var(--soft); font-size: .95rem; }
        nav li { break-inside: avoid; padding: .1rem 0; }
        nav a { text-decoration: none; }
        nav a:hover { text-decoration: underline; }
        figure { margin: 1.6rem 0; }
        figcaption { max-width: 52rem; font-size: .86rem; line-height: 1.45; color: var(--soft); }
        figure.table figcaption, figure.grid figcaption { margin-bottom: .5rem; color: var(--ink); font-weight: 600; }
        .scroll { overflow-x: auto; overscroll-behavior-x: contain; }
        .scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
        .drawing { min-width: 40rem; }
        .drawing svg { display: block; width: 100%; height: auto; color: var(--ink); font-family: var(--sans); }
        table { border-collapse: collapse; font-size: .86rem; line-height: 1.4; font-variant-numeric: tabular-nums; }
        thead th { vertical-align: bottom; color: var(--soft); font-weight: 600; border-bottom: 1px solid var(--ink); }
        th, td { padding: .34rem .55rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
        th:first-child { padding-left: 0; }
        thead th.n, td.n { text-align: right; white-space: nowrap; }
        thead th.n { min-width: 4.3rem; white-space: normal; }
        th[scope=row] { position: sticky; left: 0; background: var(--paper); font-weight: 500; white-space: nowrap; }
        td { max-width: 26rem; white-space: nowrap; }
        td.long { min-width: 20rem; white-space: pre-line; overflow-wrap: anywhere; }
        tbody tr:hover > * { background: var(--panel); }
        td small { display: block; font-size: .76rem; color: var(--soft); }
        .kind { display: inline-block; margin-left: .3em; font: 600 .7em/1 var(--mono); text-align: left; text-decoration: none; cursor: help; }
        td .kind { width: 1.35em; } td.n small { padding-right: 1.35em; }
        .kind.k { color: var(--k); } .kind.m { color: var(--m); } .kind.km { color: var(--km); }
        .grid table { border-collapse: separate; border-spacing: 1px; font-size: .74rem; line-height: 1; }
        .grid th, .grid td { padding: 0; border: 0; }
        .grid thead th { min-width: 1.3rem; vertical-align: bottom; border: 0; font-weight: 500; }
        .grid thead span { display: inline-block; padding: .3rem .05rem; writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; }
        .grid th[scope=row] { max-width: 25rem; padding-right: .8rem; font-weight: 400; color: var(--soft); line-height: 1.3rem;
                              overflow: hidden; text-overflow: ellipsis; }
        .grid th b { display: inline-block; min-width: 2.4em; color: var(--ink); font-weight: 600; }
        .grid tbody td { width: 1.3rem; min-width: 1.3rem; height: 1.3rem; text-align: center; vertical-align: middle; font: 600 .74rem/1 var(--mono); }
        .legend { display: flex; flex-wrap: wrap; gap: .35rem 1.2rem; max-width: none; margin: .3rem 0 .8rem; font-size: .84rem; color: var(--soft); }
        .swatch { display: inline-block; width: 1.3rem; font: 600 .78rem/1.3rem var(--mono); text-align: center; }
        .grid .pass, .swatch.pass { background: var(--pass); color: var(--pass-ink); }
        .grid .not-applicable, .swatch.not-applicable { background: var(--faint); color: var(--soft); }
        .grid .known-defect, .swatch.known-defect { background: var(--defect); color: var(--defect-ink); }
        .grid .fail, .swatch.fail { background: var(--fail); color: var(--fail-ink); }
        .grid .skipped, .swatch.skipped { background: var(--skip); color: var(--skip-ink); }
        details { margin: .9rem 0; }
        summary { width: fit-content; padding: .2rem 0; font-size: .9rem; color: var(--link); cursor: pointer; }
        code, pre { font-family: var(--mono); font-size: .84em; }
        pre { padding: .8rem 1rem; overflow-x: auto; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; }
        .missing { padding: .7rem 1rem; background: var(--panel); border-left: 3px solid var(--line); color: var(--soft); overflow-wrap: anywhere; }
        #commands td, #table-commands td { font-family: var(--mono); font-size: .8rem; min-width: 16rem; overflow-wrap: anywhere; }
        footer { margin-top: 5rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .84rem; color: var(--soft); }
        @media (max-width: 40rem) {
          body { padding: 0 1rem 3rem; }
          header { padding-top: 2rem; }
          h1 { font-size: 1.6rem; }
          h2 { margin-top: 3.2rem; font-size: 1.25rem; }
          .headlines .label { min-height: 0; }
          .grid th[scope=row] { max-width: 9.5rem; }
          th[scope=row] { max-width: 11rem; white-space: normal; }
        }
        @media print {
          :root { --ink: #000; --soft: #333; --line: #bbb; --paper: #fff; --panel: #fff; --faint: #fff; --link: #000;
                  --k: #000; --m: #000; --km: #000; }
          html { font-size: 9.5pt; }
          body { max-width: none; padding: 0; }
          header { padding-top: 0; }
          nav { display: none; }
          h2 { margin-top: 1.6rem; break-after: avoid; }
          figure, tr, .headlines { break-inside: avoid; }
          figure.table, figure.grid { break-inside: auto; }
          .scroll { overflow: visible; }
          .drawing { min-width: 0; }
          table { font-size: 7.6pt; }
          th, td { padding: .2rem .4rem; }
          .grid table, .grid tbody td { font-size: 6.5pt; }
          .grid tbody td, .grid thead th { width: 1.05em; min-width: 1.05em; height: 1.4em; }
          .grid .pass, .grid .known-defect, .grid .fail, .grid .skipped, .swatch { print-color-adjust: exact; }
          details:not([open])::details-content { content-visibility: visible; block-size: auto; }
        }
        """
}
