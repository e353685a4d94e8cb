using CsCheck;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Contracts.Queries;
using DisBack.Specs.Backtracking;
using DisBack.Storage;

namespace DisBack.ReadModel.Tests;

/// <summary>The tables say what the documents say, whatever happened to either.</summary>
public sealed class DocumentReadModelTests : IDisposable
{
    private const string Search =
        """{"search":{"sampler":"random","trials":5,"space":{"seed":{"values":[1,2]}},"objective":{"metric":"fid","goal":"minimize"}}}""";

    private readonly Installation _installation = new();

    public void Dispose() => _installation.Dispose();

    /// <summary>The law of a read model: one that followed every change is, cell for cell, the one that is made from the documents.</summary>
    [Fact]
    public Task Tables_that_followed_are_those_made_anew() => Gen.Select(Gen.Int[0, 9], Gen.Int[0, 9], Gen.Int[0, 8]).Array[1, 12].SampleAsync(
        async changes =>
        {
            using var installation = new Installation();
            await FollowAsync(installation, changes);
        },
        iter: 12,
        threads: 1,
        seed: "0000KOIPe036");

    [Fact]
    public async Task Another_process_reads_only_what_has_changed()
    {
        await _installation.WriteAsync(Installation.Trial(1));
        await _installation.WriteAsync(Installation.Trial(2));
        using (var first = _installation.Open())
        {
            Assert.Equal(2, (await first.QueryAsync(new RowQuery("runs"), Cancellation)).Total);
        }
        // As if it had been changed by nobody who keeps ETags: what is not read again is not seen.
        var path = Directory.GetFiles(_installation.Blobs.Location, "trial.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
        var time = File.GetLastWriteTimeUtc(path);
        var text = await File.ReadAllTextAsync(path, Cancellation);
        await File.WriteAllTextAsync(path, text.Replace("completed", "cancelled", StringComparison.Ordinal), Cancellation);
        File.SetLastWriteTimeUtc(path, time);
        using var second = _installation.Open();
        Assert.Empty(await Installation.IdsAsync(second, "status = 'cancelled'"));
        Assert.Equal((2, 0), await second.RebuildAsync(Cancellation));
        Assert.Single(await Installation.IdsAsync(second, "status = 'cancelled'"));
    }

    [Fact]
    public async Task A_damaged_document_is_named_and_hides_no_other()
    {
        await _installation.WriteAsync(Installation.Trial(1));
        await _installation.WriteTextAsync(DocumentNames.Trial, "bad-00000000/0000", "{ \"id\": 7");
        await _installation.WriteAsync(Installation.Trial(3) with { Spec = "nonsense" });
        using var tables = _installation.Open();
        var page = await tables.QueryAsync(new RowQuery("runs"), Cancellation);
        Assert.Single(page.Rows);
        Assert.Equal(2, page.Damaged.Count);
        Assert.Contains(page.Damaged, message => message.Contains("bad-00000000", StringComparison.Ordinal));
        Assert.Empty((await tables.QueryAsync(new RowQuery("nodes"), Cancellation)).Damaged);
        await _installation.WriteAsync(Installation.Trial(3));
        Assert.Single((await tables.QueryAsync(new RowQuery("runs"), Cancellation)).Damaged);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_made_again()
    {
        await _installation.WriteAsync(Installation.Trial(1));
        Directory.CreateDirectory(_installation.Folder);
        await File.WriteAllTextAsync(_installation.Database, "this is no database, but a text of some length", Cancellation);
        using var tables = _installation.Open();
        Assert.Equal(1, (await tables.QueryAsync(new RowQuery("runs"), Cancellation)).Total);
    }

    [Fact]
    public async Task Two_who_ask_at_once_both_get_their_answer()
    {
        await _installation.WriteAsync(Installation.Trial(1));
        using var first = _installation.Open();
        Assert.Equal(1, (await first.QueryAsync(new RowQuery("runs"), Cancellation)).Total);
        using var second = _installation.Open();
        Assert.Equal(1, (await second.QueryAsync(new RowQuery("runs"), Cancellation)).Total);
    }

    [Fact]
    public async Task Where_nothing_can_be_written_the_tables_are_in_memory()
    {
        await _installation.WriteAsync(Installation.Trial(1));
        using var tables = new DocumentReadModel(_installation.Blobs, "/proc/nowhere/tables");
        Assert.Equal(1, (await tables.QueryAsync(new RowQuery("runs"), Cancellation)).Total);
    }

    [Fact]
    public async Task Filters_find_by_everything_that_a_spec_and_a_run_have()
    {
        await _installation.WriteAsync(Installation.Trial(1, fid: 3));
        await _installation.WriteAsync(Installation.Trial(2, fid: 7, host: new Dmd2Settings { Steps = 10 }));
        await _installation.WriteAsync(Installation.Trial(3, RunStatus.Failed, fid: double.NaN));
        await _installation.WriteAsync(Installation.Trial(4, RunStatus.Running, name: "it's"));
        using var tables = _installation.Open();

        Assert.Equal([Id(1)], await Installation.IdsAsync(tables, "fid < 5"));
        Assert.Equal([Id(2)], await Installation.IdsAsync(tables, "method = 'dmd2' and fid > 5"));
        Assert.Equal([Id(2)], await Installation.IdsAsync(tables, "tags = 'n2'"));
        Assert.Equal([Id(3), Id(1)], await Installation.IdsAsync(tables, "tags != 'even'"));
        Assert.Equal([Id(4, "it's"), Id(2)], await Installation.IdsAsync(tables, "tags like 'EV%'"));
        Assert.Equal([Id(3)], await Installation.IdsAsync(tables, "cause = 'diverged'"));
        Assert.Equal(3, (await Installation.IdsAsync(tables, "cause != 'diverged'")).Length);
        Assert.Equal([Id(4, "it's")], await Installation.IdsAsync(tables, "name = 'it''s'"));
        Assert.Equal([Id(2), Id(1)], await Installation.IdsAsync(tables, "submitted <= '2026-11-01 00:02'"));
        Assert.Equal([Id(3)], await Installation.IdsAsync(tables, "param.backtracking.steps = 103"));
        Assert.Equal([Id(1)], await Installation.IdsAsync(tables, "loss/fake = 6"));
        Assert.Equal([Id(4, "it's"), Id(3)], await Installation.IdsAsync(tables, "not (fid is not null and fid < 10)"));
        Assert.Equal([Id(1), Id(2)], await Installation.IdsAsync(tables, "seed in (1, 2)", "runs", "seed"));
        Assert.Equal(8, (await tables.QueryAsync(new RowQuery("switches"), Cancellation)).Total);
        Assert.Equal([Id(4, "it's")], await Installation.IdsAsync(tables, "status = 'running' or fid < 0"));
    }

    [Theory]
    [InlineData("fidd < 5", "did you mean 'fid'")]
    [InlineData("status = 'complete'", "did you mean 'completed'")]
    [InlineData("fid = 'low'", "holds numbers")]
    [InlineData("learning_rate > 1", "write more of one")]
    [InlineData("submitted > 'yesterday'", "no time")]
    [InlineData("name like 5", "single quotes")]
    [InlineData("\"id\" = 'x'", "single quotes")]
    public async Task A_filter_that_fits_no_column_is_refused_in_words(string where, string message)
    {
        await _installation.WriteAsync(Installation.Trial(1, fid: 3));
        using var tables = _installation.Open();
        var refused = await Assert.ThrowsAsync<DisBackException>(() => tables.QueryAsync(new RowQuery("runs") { Where = where }, Cancellation));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.IsNotType<StorageException>(refused);
    }

    [Fact]
    public async Task Names_of_columns_and_tables_are_never_text_of_a_statement()
    {
        await _installation.WriteAsync(Installation.Trial(1));
        using var tables = _installation.Open();
        foreach (var query in new[]
        {
            new RowQuery("runs; drop table runs"),
            new RowQuery("runs") { Columns = ["id\" FROM runs; --"] },
            new RowQuery("runs") { Sort = ["-id\"; drop table runs"] },
            new RowQuery("runs") { After = "bm9uc2Vuc2U" },
            new RowQuery("runs") { Limit = 0 },
            new RowQuery("runs") { Sort = ["tags"] },
        })
        {
            await Assert.ThrowsAsync<DisBackException>(() => tables.QueryAsync(query, Cancellation));
        }
        Assert.Equal(1, (await tables.QueryAsync(new RowQuery("runs"), Cancellation)).Total);
    }

    [Fact]
    public async Task A_sweep_counts_its_trials_and_knows_its_best()
    {
        await _installation.WriteAsync(
            DocumentNames.Sweep, "rates-1", new SweepDocument { Id = "rates-1", Name = "rates", Spec = Search, TrialCount = 5 });
        await _installation.WriteAsync(DocumentNames.SweepPage, "rates-1/0", new SweepPage
        {
            Trials =
            [
                new SweepTrial { Ordinal = 0, Status = RunStatus.Completed, Value = 2 },
                new SweepTrial { Ordinal = 1, Status = RunStatus.Completed, Value = 1, Deleted = true },
                new SweepTrial { Ordinal = 2, Status = RunStatus.Failed },
                new SweepTrial { Ordinal = 3, Status = RunStatus.Cancelled, Pruned = true },
                new SweepTrial { Ordinal = 4, Status = RunStatus.Completed, Pruned = true },
            ],
        });
        await _installation.WriteAsync(DocumentNames.Sweep, "single-1", new SweepDocument { Id = "single-1", Spec = "{}" });
        using var tables = _installation.Open();
        var page = await tables.QueryAsync(
            new RowQuery("sweeps") { Columns = ["id", "trials", "proposed", "completed", "failed", "cancelled", "best"] }, Cancellation);
        Assert.Equal("rates-1 5 5 2 1 2 2", string.Join(' ', Assert.Single(page.Rows).Select(cell => cell!.ToString())));
        Assert.Equal(["rates-1/0000"], (await tables.QueryAsync(new RowQuery("trials") { Columns = ["run"], Where = "value = 2" }, Cancellation)).Rows
            .Select(row => row[0]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_run_knows_where_its_sweep_has_pruned_it()
    {
        var (pruned, other) = (Installation.Trial(1, RunStatus.Cancelled), Installation.Trial(2, RunStatus.Cancelled));
        await _installation.WriteAsync(pruned);
        await _installation.WriteAsync(other);
        await WritePageAsync(pruned, new SweepTrial { Ordinal = 0, Status = RunStatus.Cancelled, Pruned = true, Reason = "Pruned at step 8 with fid 31." });
        await WritePageAsync(other, new SweepTrial { Ordinal = 0, Status = RunStatus.Cancelled, Reason = "Not so." });
        using var tables = _installation.Open();

        var page = await tables.QueryAsync(new RowQuery("runs") { Columns = ["id", "status", "pruned"], Sort = ["id"] }, Cancellation);

        Assert.Equal(
            [(pruned.Id, "cancelled", "Pruned at step 8 with fid 31."), (other.Id, "cancelled", null)],
            page.Rows.Select(row => (row[0]!.GetValue<string>(), row[1]!.GetValue<string>(), row[2]?.GetValue<string>())));
        Assert.Equal([pruned.Id], await Installation.IdsAsync(tables, "pruned is not null"));

        Task WritePageAsync(TrialDocument trial, SweepTrial what) =>
            _installation.WriteAsync(DocumentNames.SweepPage, $"{GrainKeys.SweepOf(trial.Id)}/0", new SweepPage { Trials = [what] });
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Id(int number, string name = "digits") => GrainKeys.Trial($"{name}-{number:x8}", 0);

    private static SweepPage Page(int trials) => new() { Trials = [.. Enumerable.Range(0, trials).Select(ordinal => new SweepTrial { Ordinal = ordinal })] };

    private static async Task FollowAsync(Installation installation, (int What, int Which, int How)[] changes)
    {
        using var followed = installation.Open();
        foreach (var (what, which, how) in changes)
        {
            var sweep = $"sweep-{which % 3}";
            await (what switch
            {
                0 => installation.DeleteAsync(DocumentNames.Trial, Installation.Trial(which).Id),
                1 => installation.WriteAsync(DocumentNames.Trajectory, $"path-{which}", Installation.Trajectory(which, how)),
                2 => installation.WriteTextAsync(DocumentNames.Trial, Installation.Trial(which).Id, "{"),
                6 => installation.WriteAsync(DocumentNames.Sweep, sweep, new SweepDocument { Id = sweep, Spec = Search, TrialCount = how }),
                7 => installation.WriteAsync(DocumentNames.SweepPage, $"{sweep}/{how % 2:D4}", Page(how)),
                8 => installation.DeleteAsync(DocumentNames.SweepPage, $"{sweep}/{how % 2:D4}"),
                9 => installation.DeleteAsync(DocumentNames.Sweep, sweep),
                3 => installation.WriteAsync(Installation.Trial(which, host: how % 2 == 0 ? new Dmd2Settings() : new SdsSettings())),
                _ => installation.WriteAsync(Installation.Trial(which, (RunStatus)how, fid: how)),
            });
            await Installation.DumpAsync(followed);
        }
        using var anew = new DocumentReadModel(installation.Blobs, null);
        Assert.Equal(await Installation.DumpAsync(anew), await Installation.DumpAsync(followed));
    }
}
