using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DisBack.Client.Http;
using DisBack.Contracts.Grains;
using DisBack.Contracts.Queries;
using DisBack.Orchestration.Tests;
using DisBack.ReadModel;
using DisBack.Storage.Blobs;

namespace DisBack.Gateway.Tests.Endpoints;

/// <summary>Questions over HTTP are answered as in the folder itself, and wrong ones are refused with a sentence.</summary>
public sealed class TableApiTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_question_over_HTTP_has_the_answer_of_the_folder()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var client = site.Client();
        foreach (var name in new[] { "one", "two" })
        {
            await client.RegisterTeacherAsync(
                name, new TeacherRegistration(await GatewaySite.PutTeacherAsync(client), "{}", "made up"), Cancellation);
        }
        using var there = new DocumentReadModel(new FolderBlobStore(site.Folder), null);
        var query = new RowQuery("teachers")
        {
            Where = "provenance = 'made up' and bytes > 0", Sort = ["-id"], Columns = ["id", "runs", "submitted"], Limit = 1,
        };

        var first = await client.QueryAsync(query, Cancellation);
        var second = await client.QueryAsync(query with { After = first.Next }, Cancellation);

        Assert.Equal((2, 1), (first.Total, first.Rows.Count));
        Assert.Equal(["two", "one"], first.Rows.Concat(second.Rows).Select(row => row[0]!.GetValue<string>()));
        Assert.Null(second.Next);
        Same(await there.QueryAsync(query, Cancellation), first);
        Same(await there.TablesAsync(Cancellation), await client.TablesAsync(Cancellation));

        static void Same<T>(T expected, T actual) => Assert.Equal(JsonSerializer.Serialize(expected, Api.Json), JsonSerializer.Serialize(actual, Api.Json));
    }

    [Theory]
    [InlineData("tables/nothing", "no table")]
    [InlineData("tables/..%2F..%2Fetc%2Fpasswd", "no table")]
    [InlineData("tables/runs?where=fid%20%3C", "position 6")]
    [InlineData("tables/runs?where=1%3B%20drop%20table%20runs", "position")]
    [InlineData("tables/runs?sort=nothing", "no column")]
    [InlineData("tables/runs?limit=100000", "1 to 1000")]
    [InlineData("tables/runs?after=xyz", "begin without it")]
    public async Task A_wrong_question_is_refused_with_a_sentence(string path, string sentence)
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(site.Viewer);
        using var answer = await http.GetAsync(new Uri($"api/v1/{path}", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(sentence, await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal(0, (await http.GetFromJsonAsync<RowPage>("api/v1/tables/runs", Api.Json, Cancellation))!.Total);
    }
}
