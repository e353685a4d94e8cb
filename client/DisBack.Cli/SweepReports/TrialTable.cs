using System.Globalization;
using System.Text;
using DisBack.Cli.Report;
using DisBack.Contracts.Documents;

namespace DisBack.Cli.SweepReports;

/// <summary>The trials of a sweep as a table that a reader can sort where scripts are on.</summary>
internal static class TrialTable
{
    /// <summary>The most rows: a browser lays out so many in a moment.</summary>
    public const int MostRows = 2000;

    /// <summary>Of those, so many are the best ones.</summary>
    private const int MostBest = 1500;

    /// <summary>
    /// Makes the headings buttons. Cells sort by <c>data-v</c> where they have it, as numbers if all of them are, and those without a value come last.
    /// </summary>
    public const string Script = """
        for (const table of document.querySelectorAll('table.trials')) {
          const heads = [...table.tHead.rows[0].cells];
          heads.forEach((head, column) => {
            const button = document.createElement('button');
            button.type = 'button';
            button.textContent = head.textContent;
            head.replaceChildren(button);
            button.addEventListener('click', () => {
              const down = head.getAttribute('aria-sort') === 'ascending';
              heads.forEach(other => other.removeAttribute('aria-sort'));
              head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
              const value = row => row.cells[column].dataset.v ?? row.cells[column].textContent;
              const rows = [...table.tBodies[0].rows].map(row => ({ row, text: value(row), none: ['', '-'].includes(value(row)) }));
              const numbers = rows.every(item => item.none || Number.isFinite(+item.text));
              rows.sort((a, b) => a.none !== b.none ? a.none - b.none : a.none ? 0
                : (down ? -1 : 1) * (numbers ? a.text - b.text : a.text.localeCompare(b.text)));
              table.tBodies[0].replaceChildren(...rows.map(item => item.row));
            });
          });
        }
        """;

    /// <summary>Writes the table, and what it leaves out.</summary>
    public static void Write(StringBuilder body, SweepReport report)
    {
        var shown = Shown(report);
        body.Append("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Trials\"><table class=\"trials\"><thead><tr>");
        foreach (var heading in report.Rows.Headings)
        {
            body.Append($"<th scope=\"col\">{HtmlPage.Text(heading)}</th>");
        }
        body.Append("</tr></thead><tbody>\n");
        foreach (var trial in shown)
        {
            var cells = report.Rows.Cells(trial);
            body.Append(trial == report.Best ? "<tr class=\"best\">" : "<tr>");
            body.Append(CultureInfo.InvariantCulture, $"<td data-v=\"{trial.Ordinal}\">{HtmlPage.Text(cells[0])}</td><td>{HtmlPage.Text(cells[1])}</td>")
                .Append(CultureInfo.InvariantCulture, $"<td data-v=\"{trial.Step}\">{HtmlPage.Text(cells[2])}</td>")
                .Append(CultureInfo.InvariantCulture, $"<td data-v=\"{trial.Value:R}\">{HtmlPage.Text(cells[3])}</td>");
            foreach (var cell in cells[4..])
            {
                body.Append($"<td>{HtmlPage.Text(cell)}</td>");
            }
            body.Append("</tr>\n");
        }
        body.Append("</tbody></table></div>\n");
        if (shown.Count < report.Trials.Count)
        {
            HtmlPage.Note(body, string.Create(
                CultureInfo.InvariantCulture,
                $"{report.Trials.Count - shown.Count:N0} of {report.Trials.Count:N0} trials are left out: shown are the {MostBest:N0} best and the first "
                    + $"of the others; 'disback sweep show {report.Sweep.Id} --csv' prints all."));
        }
    }

    private static IReadOnlyList<SweepTrial> Shown(SweepReport report)
    {
        if (report.Trials.Count <= MostRows)
        {
            return report.Trials;
        }
        var best = report.Ranked.Take(MostBest).ToHashSet();
        return [.. best.Concat(report.Trials.Where(trial => !best.Contains(trial)).Take(MostRows - best.Count)).OrderBy(trial => trial.Ordinal)];
    }
}
