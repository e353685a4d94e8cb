using DisBack.ReadModel.Filters;
using DisBack.ReadModel.Tables;

namespace DisBack.ReadModel.Tests.Filters;

/// <summary>A filter that is written down for later is refused now, with the position of its mistake.</summary>
public sealed class FilterCheckTests
{
    [Theory]
    [InlineData("runs", "fid < 5 and not (method = 'dmd2' or tags = 'x')")]
    [InlineData("runs", "param.backtracking.batch > 3 and param.teacher = 'digits' and best.fid is null")]
    [InlineData("runs", "metric.loss/fake in (1, 2) or submitted > 7d")]
    [InlineData("sweeps", "failed > 0 and goal = 'minimize'")]
    [InlineData("teachers", "id like 'digits%'")]
    public void What_rows_may_be_asked_one_day_is_let_through(string table, string filter) => FilterCheck.Check(Table(table), filter);

    [Theory]
    [InlineData("runs", "fid <", "position 6: unexpected end")]
    [InlineData("runs", "fid > 1 or learning_rate > 1", "no column 'learning_rate', at position 12")]
    [InlineData("runs", "status = 'broken'", "never 'broken'")]
    [InlineData("runs", "fid = 'low'", "holds numbers")]
    [InlineData("teachers", "param.seed = 1", "The table teachers has no column 'param.seed'")]
    public void Anything_else_is_refused(string table, string filter, string sentence) =>
        Assert.Contains(sentence, Assert.Throws<DisBackException>(() => FilterCheck.Check(Table(table), filter)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_table_that_is_none_is_refused() =>
        Assert.Contains("There is no table 'run'", Assert.Throws<DisBackException>(() => DocumentReadModel.CheckFilter("run", "id = 'x'")).Message);

    private static Table Table(string name) => Catalog.Tables.Single(table => table.Name == name);
}
