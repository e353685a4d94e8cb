namespace DisBack.Cli.Report;

/// <summary>The look of a report, in light and in dark.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root { color-scheme: light dark; --ground: #f6f7f9; --card: #fff; --ink: #1c2128; --quiet: #5c6672; --line: #e1e5ea;
          --accent: #2563eb; --good: #15803d; --bad: #b91c1c; }
        @media (prefers-color-scheme: dark) {
          :root { --ground: #101418; --card: #181d23; --ink: #e4e8ed; --quiet: #98a2ae; --line: #2b323b; --accent: #7aa7ff; --good: #4ade80; --bad: #f87171; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; }
        main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
        h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; letter-spacing: -0.02em; }
        h2 { margin: 2.5rem 0 0.8rem; font-size: 1.15rem; }
        header p { margin: 0.5rem 0 0; color: var(--quiet); }
        .status { display: inline-block; vertical-align: middle; margin-left: 0.4rem; padding: 0.1rem 0.6rem;
          border: 1px solid currentColor; border-radius: 1rem; font-size: 0.8rem; font-weight: 500; letter-spacing: 0; color: var(--accent); }
        .status.completed { color: var(--good); }
        .status.failed { color: var(--bad); }
        .headlines { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 0.8rem; margin: 1.6rem 0 0; }
        .headlines div, figure, table, pre { background: var(--card); border: 1px solid var(--line); border-radius: 0.6rem; }
        .headlines div { padding: 0.8rem 1rem; }
        .headlines dt { color: var(--quiet); font-size: 0.85rem; }
        .headlines dd { margin: 0; font-size: 1.5rem; font-weight: 600; font-variant-numeric: tabular-nums; letter-spacing: -0.01em; }
        figure { margin: 0 0 1rem; padding: 1rem; overflow-x: auto; }
        figcaption { color: var(--quiet); font-size: 0.9rem; }
        .samples img { display: block; max-width: 100%; margin: 0 auto 0.6rem; border-radius: 0.3rem; background: #fff; }
        .chart figcaption { margin-bottom: 0.3rem; color: var(--ink); font-weight: 600; }
        .chart svg { display: block; width: 100%; height: auto; }
        .chart text { font-family: Inter, sans-serif; }
        .note { color: var(--quiet); font-size: 0.85rem; margin: 0; }
        table { width: 100%; border-collapse: separate; border-spacing: 0; font-size: 0.92rem; font-variant-numeric: tabular-nums; overflow: hidden; }
        th, td { padding: 0.45rem 1rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
        tr:first-child > *, thead + tbody tr:first-child > td { border-top: 0; }
        thead + tbody tr:first-child > td { border-top: 1px solid var(--line); }
        th { color: var(--quiet); font-weight: 500; }
        th[scope=row] { width: 18rem; }
        .digests td, code, pre { font-family: ui-monospace, "SF Mono", Consolas, monospace; font-size: 0.82rem; }
        pre { margin: 0; padding: 1rem; overflow-x: auto; line-height: 1.5; }
        .wide { max-height: 32rem; overflow: auto; border: 1px solid var(--line); border-radius: 0.6rem; }
        .trials { border: 0; border-radius: 0; overflow: visible; white-space: nowrap; }
        .trials th { position: sticky; top: 0; background: var(--card); }
        .trials th, .trials td { padding: 0.3rem 0.8rem; max-width: 24rem; overflow: hidden; text-overflow: ellipsis; }
        .trials button { all: unset; cursor: pointer; }
        .trials button:focus-visible, [tabindex]:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        .trials th[aria-sort=ascending] button::after { content: " ▲"; }
        .trials th[aria-sort=descending] button::after { content: " ▼"; }
        .trials .best td { font-weight: 600; color: var(--good); }
        .importance td:nth-child(5) { width: 14rem; }
        .bar { display: block; height: 0.3rem; margin-top: 0.2rem; border-radius: 0.15rem; background: var(--accent); }
        .note, .ended, table + table, table + figure { margin-top: 0.7rem; }
        details { margin-top: 0.8rem; }
        summary { cursor: pointer; margin-bottom: 0.5rem; }
        @media print { .wide { max-height: none; } }
        @media print { body { background: none; } main { max-width: none; padding: 0; } figure, table, pre { break-inside: avoid; } }
        """;
}
