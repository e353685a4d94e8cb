using System.Net;
using System.Net.Http.Headers;
using DisBack.Client.Http;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Tests;

namespace DisBack.Gateway.Tests.Endpoints;

/// <summary>Whoever has an answer already does not get it again, and gets another one as soon as it differs.</summary>
public sealed class EntityTagTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_answer_that_is_known_is_not_sent_again()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var client = site.Client();
        using var http = site.Http(site.Viewer);
        foreach (var path in new[] { "teachers", "tables/teachers?columns=id", "damaged" })
        {
            using var first = await GetAsync(http, path, null);
            using var second = await GetAsync(http, path, first.Headers.ETag);
            using var other = await GetAsync(http, path, new EntityTagHeaderValue("\"other\""));
            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotModified, HttpStatusCode.OK), (first.StatusCode, second.StatusCode, other.StatusCode));
            Assert.Empty(await second.Content.ReadAsByteArrayAsync(Cancellation));
            Assert.NotEmpty(await other.Content.ReadAsByteArrayAsync(Cancellation));
        }

        using var before = await GetAsync(http, "teachers", null);
        await client.RegisterTeacherAsync("few-bytes", new TeacherRegistration(await GatewaySite.PutTeacherAsync(client), "{}", "made up"), Cancellation);
        using var after = await GetAsync(http, "teachers", before.Headers.ETag);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
        Assert.NotEqual(before.Headers.ETag, after.Headers.ETag);
    }

    [Fact]
    public async Task A_failure_has_no_tag_and_its_sentence()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(site.Viewer);
        using var answer = await GetAsync(http, "tables/nothing", null);
        Assert.Null(answer.Headers.ETag);
        Assert.Contains("no table", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> GetAsync(HttpClient http, string path, EntityTagHeaderValue? known)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Api.Prefix}/{path}");
        if (known is not null)
        {
            request.Headers.IfNoneMatch.Add(known);
        }
        return await http.SendAsync(request, Cancellation);
    }
}
