using DisBack.Contracts.Documents;
using DisBack.Contracts.Queries;

namespace DisBack.ReadModel.Tests.Pages;

/// <summary>Pages are one list that was cut: every row once, in order, whatever it is sorted by.</summary>
public sealed class PageTests : IDisposable
{
    private const int Runs = 40;

    private readonly Installation _installation = new();

    public void Dispose() => _installation.Dispose();

    [Fact]
    public async Task Pages_of_any_size_and_order_are_the_whole_list()
    {
        // Values that are equal, absent and not a number are where a page may lose or repeat rows.
        double?[] values = [1, 1, null, double.NaN, -3.5, double.PositiveInfinity];
        for (var run = 0; run < Runs; run++)
        {
            await _installation.WriteAsync(Installation.Trial(run, (RunStatus)(run % 9), values[run % values.Length]));
        }
        using var tables = _installation.Open();
        string[][] sorts =
        [
            [], ["fid"], ["-fid"], ["status", "-fid"], ["-status", "fid", "-id"], ["cause", "target"], ["-target", "param.backtracking.steps"], ["loss/fake"],
            ["-best_fid", "-cause"], ["method", "-submitted"],
        ];
        foreach (var (index, sort) in sorts.Index())
        {
            var query = new RowQuery("runs") { Sort = sort, Limit = RowQuery.LargestPage };
            var whole = (await tables.QueryAsync(query, Cancellation)).Rows.Select(row => row[0]!.GetValue<string>()).ToList();
            Assert.Equal(Runs, whole.Distinct().Count());

            var cut = new List<string>();
            query = query with { Limit = 1 + (index % 7) };
            do
            {
                var page = await tables.QueryAsync(query, Cancellation);
                Assert.Equal(Runs, page.Total);
                cut.AddRange(page.Rows.Select(row => row[0]!.GetValue<string>()));
                query = query with { After = page.Next };
            }
            while (query.After is not null);
            Assert.Equal(whole, cut);
        }
    }

    [Fact]
    public async Task A_page_continues_where_it_ended_although_rows_came_and_went()
    {
        foreach (var run in Enumerable.Range(10, 10))
        {
            await _installation.WriteAsync(Installation.Trial(run));
        }
        using var tables = _installation.Open();
        var query = new RowQuery("runs") { Columns = ["seed"], Sort = ["seed"], Limit = 4 };
        var first = await tables.QueryAsync(query, Cancellation);
        await _installation.WriteAsync(Installation.Trial(1));
        await _installation.DeleteAsync(DocumentNames.Trial, Installation.Trial(13).Id);
        var second = await tables.QueryAsync(query with { After = first.Next }, Cancellation);
        Assert.Equal([14L, 15L, 16L, 17L], second.Rows.Select(row => row[0]!.GetValue<long>()));
    }

    [Fact]
    public async Task A_page_may_begin_in_the_middle()
    {
        foreach (var run in Enumerable.Range(0, 10))
        {
            await _installation.WriteAsync(Installation.Trial(run));
        }
        using var tables = _installation.Open();
        var query = new RowQuery("runs") { Columns = ["seed"], Sort = ["-seed"], Limit = 3 };
        var middle = await tables.QueryAsync(query with { Offset = 5 }, Cancellation);
        Assert.Equal([4L, 3L, 2L], middle.Rows.Select(row => row[0]!.GetValue<long>()));
        Assert.Equal(10, middle.Total);
        var rest = await tables.QueryAsync(query with { After = middle.Next }, Cancellation);
        Assert.Equal([1L, 0L], rest.Rows.Select(row => row[0]!.GetValue<long>()));
        Assert.Empty((await tables.QueryAsync(query with { Offset = 10 }, Cancellation)).Rows);
        await Assert.ThrowsAsync<DisBackException>(() => tables.QueryAsync(query with { Offset = -1 }, Cancellation));
        await Assert.ThrowsAsync<DisBackException>(() => tables.QueryAsync(query with { Offset = 1, After = middle.Next }, Cancellation));
    }

    [Fact]
    public async Task The_end_of_a_page_belongs_to_its_order()
    {
        await _installation.WriteAsync(Installation.Trial(1));
        await _installation.WriteAsync(Installation.Trial(2));
        using var tables = _installation.Open();
        var page = await tables.QueryAsync(new RowQuery("runs") { Sort = ["fid"], Limit = 1 }, Cancellation);
        await Assert.ThrowsAsync<DisBackException>(
            () => tables.QueryAsync(new RowQuery("runs") { Sort = ["seed"], After = page.Next }, Cancellation));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;
}
