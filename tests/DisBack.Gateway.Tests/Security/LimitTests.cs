using System.Net.Sockets;
using System.Text;
using DisBack.Orchestration.Tests;

namespace DisBack.Gateway.Tests.Security;

/// <summary>What many clients hold open or send at once is bounded, and who is turned away learns when to come back.</summary>
public sealed class LimitTests
{
    private static readonly Uri s_runs = new("api/v1/runs", UriKind.Relative);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task More_submissions_than_can_wait_are_told_to_come_back()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining(), "--Limits:SubmitsAtOnce=1");
        // One is worked on and waits for its body, eight wait for it, and the others cannot.
        var submissions = new List<Submission>();
        for (var n = 0; n < 12; n++)
        {
            submissions.Add(await Submission.BeginAsync(site));
        }

        var answers = submissions.Select(submission => submission.AnswerAsync()).ToList();
        for (var n = 0; n < 3; n++)
        {
            var refused = await Task.WhenAny(answers);
            answers.Remove(refused);
            Assert.StartsWith("HTTP/1.1 503 ", await refused, StringComparison.Ordinal);
            Assert.Contains("Retry-After: 1\r\n", await refused, StringComparison.Ordinal);
        }

        using var viewer = site.Http(site.Viewer);
        Assert.True((await viewer.GetAsync(s_runs, Cancellation)).IsSuccessStatusCode);
        submissions.ForEach(submission => submission.Dispose());
    }

    [Fact]
    public async Task A_connection_beyond_the_limit_is_closed()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining(), "--Limits:Connections=2");
        using var first = site.Http(site.Viewer);
        using var second = site.Http(site.Viewer);
        // Connections are counted in no certain order, so both have had an answer, and are kept, before the third is made.
        Assert.True((await first.GetAsync(s_runs, Cancellation)).IsSuccessStatusCode);
        Assert.True((await second.GetAsync(s_runs, Cancellation)).IsSuccessStatusCode);
        using var third = await Submission.BeginAsync(site);

        Assert.Equal("", await third.AnswerAsync());
    }

    /// <summary>A submission whose body does not come.</summary>
    private sealed class Submission : IDisposable
    {
        private readonly TcpClient _client = new();

        public static async Task<Submission> BeginAsync(GatewaySite site)
        {
            var submission = new Submission();
            await submission._client.ConnectAsync(site.Address.Host, site.Address.Port, Cancellation);
            await submission._client.GetStream().WriteAsync(
                Encoding.ASCII.GetBytes(
                    $"POST /api/v1/runs HTTP/1.1\r\nHost: {site.Address.Authority}\r\nAuthorization: Bearer {site.Operator}\r\nContent-Length: 9\r\n\r\n"),
                Cancellation);
            return submission;
        }

        /// <summary>The start of the answer; nothing where the connection was closed instead.</summary>
        public async Task<string> AnswerAsync()
        {
            var buffer = new byte[4096];
            try
            {
                return Encoding.ASCII.GetString(buffer, 0, await _client.GetStream().ReadAsync(buffer, Cancellation));
            }
            catch (IOException)
            {
                return "";
            }
        }

        public void Dispose() => _client.Dispose();
    }
}
