using System.CommandLine;
using DisBack.Cli.Options;
using DisBack.Contracts.Queries;

namespace DisBack.Cli.Tables;

/// <summary>The options by which a verb asks for rows of a table.</summary>
internal sealed class TableOptions
{
    private readonly Option<string?> _where = new("--where")
    {
        Description = "Only rows like that, for example \"fid < 5 and method = 'dmd2' and param.generator.learning_rate > 1e-4\".",
        HelpName = "FILTER",
    };

    private readonly Option<string?> _sort = new("--sort")
    {
        Description = "Columns to sort by, separated by commas; one that begins with '-' sorts downwards: --sort=-fid,name.",
        HelpName = "COLUMNS",
    };

    private readonly Option<string?> _columns = new("--columns") { Description = "Columns to show, separated by commas; '*' is all.", HelpName = "COLUMNS" };

    private readonly Option<int> _limit;

    private readonly Option<string?> _after = new("--after") { Description = "Go on behind an earlier page: what it gave as its end.", HelpName = "END" };

    private readonly Option<bool> _all = new("--all") { Description = "Every row, and not a page of them." };

    private readonly Option<bool> _csv = new("--csv") { Description = "Print comma-separated values; every row unless --limit is given." };

    private readonly Option<string?> _parquet = new("--parquet")
    {
        Description = "Write a Parquet file instead; every row unless --limit is given.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _json = Arguments.Json();

    /// <param name="page">Rows of a page unless another number is given.</param>
    public TableOptions(int page)
    {
        _limit = Arguments.Positive(new Option<int>("--limit", "-n") { Description = "Rows at most.", DefaultValueFactory = _ => page });
    }

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _where, _sort, _columns, _limit, _after, _all, _csv, _parquet, _json })
        {
            command.Add(option);
        }
        command.Validators.Add(result =>
        {
            if (new[] { result.GetValue(_json), result.GetValue(_csv), result.GetValue(_parquet) is not null }.Count(chosen => chosen) > 1)
            {
                result.AddError("--json, --csv and --parquet are three forms of one answer; give one of them.");
            }
            if (result.GetValue(_all) && result.GetResult(_limit) is { Implicit: false })
            {
                result.AddError("--all and --limit contradict one another; give one of them.");
            }
        });
    }

    /// <summary>The question of a command line.</summary>
    public RowQuery QueryOf(ParseResult parsed, string table) => new(table)
    {
        Where = parsed.GetValue(_where),
        Sort = RowQuery.NamesIn(parsed.GetValue(_sort)),
        Columns = RowQuery.NamesIn(parsed.GetValue(_columns)),
        After = parsed.GetValue(_after),
    };

    /// <summary>How many rows are asked for; null is every one.</summary>
    public int? MostOf(ParseResult parsed)
    {
        var isFile = parsed.GetValue(_csv) || parsed.GetValue(_parquet) is not null;
        return parsed.GetValue(_all) || (isFile && parsed.GetResult(_limit) is null or { Implicit: true }) ? null : parsed.GetValue(_limit);
    }

    /// <summary>Prints or writes an answer in the form that a command line asks for.</summary>
    public TableForm FormOf(ParseResult parsed) =>
        parsed.GetValue(_parquet) is { } file ? new TableForm.Parquet(UserPath.Expand(file))
        : parsed.GetValue(_csv) ? new TableForm.Csv()
        : parsed.GetValue(_json) ? new TableForm.Json()
        : new TableForm.Text();
}
