using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using DisBack.Client;
using DisBack.Client.Http;
using DisBack.Contracts.Documents;
using DisBack.Search.Importance;
using DisBack.Specs.Sweeps;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;

namespace DisBack.Gateway.Tests.Endpoints;

/// <summary>What explains a sweep, over HTTP: the shares and sentences of the command line.</summary>
public sealed class ImportanceApiTests
{
    private const string Sweep = "s-00000000";
    private const string Path = $"api/v1/sweeps/{Sweep}/importance";
    private const string Spec = """
        name: s
        teacher: digits
        search:
          sampler: grid
          space:
            backtracking.host: [dmd, score]
            seed: [0, 1, 2]
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_axis_that_decides_comes_first_with_the_sentences_of_the_command_line()
    {
        await using var site = await GatewaySite.OpenAsync();
        await KeepAsync(site, 18);
        using var http = site.Http(site.Viewer);

        var importance = (await http.GetFromJsonAsync<SweepImportance>(Path, Api.Json, Cancellation))!;

        Assert.Equal((Sweep, "fid", 18, 10), (importance.Sweep, importance.Metric, importance.Trials, importance.FewestTrials));
        Assert.Equal(["backtracking.host", "seed"], importance.Axes.Select(axis => axis.Axis));
        Assert.Equal((18, 2, ImportanceLack.Nothing), (importance.Axes[0].Trials, importance.Axes[0].Groups, importance.Axes[0].Lack));
        Assert.InRange(importance.Axes[0].Adjusted!.Value, 0.9, 1);
        Assert.InRange(importance.Axes[0].Explained!.Value, importance.Axes[0].Adjusted!.Value, 1);
        Assert.Equal(0.0005, importance.Axes[0].Chance);
        Assert.StartsWith("ADJUSTED is EXPLAINED less", Assert.Single(importance.Remarks), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_sent_again_only_where_it_has_changed()
    {
        await using var site = await GatewaySite.OpenAsync();
        await KeepAsync(site, 18);
        using var http = site.Http(site.Viewer);
        using var first = await http.GetAsync(new Uri(Path, UriKind.Relative), Cancellation);
        http.DefaultRequestHeaders.IfNoneMatch.Add(EntityTagHeaderValue.Parse(first.Headers.ETag!.ToString()));

        Assert.Equal(HttpStatusCode.NotModified, (await http.GetAsync(new Uri(Path, UriKind.Relative), Cancellation)).StatusCode);
        await KeepAsync(site, 19);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(Path, UriKind.Relative), Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Too_few_complete_trials_are_said_and_a_result_that_is_no_number_does_not_count()
    {
        await using var site = await GatewaySite.OpenAsync();
        await KeepAsync(site, 9, new SweepTrial { Status = RunStatus.Completed, Value = double.NaN });
        using var http = site.Http(site.Viewer);

        var importance = (await http.GetFromJsonAsync<SweepImportance>(Path, Api.Json, Cancellation))!;

        Assert.Equal((9, 10), (importance.Trials, importance.FewestTrials));
        Assert.All(importance.Axes, axis => Assert.Equal((null, ImportanceLack.FewTrials), (axis.Explained, axis.Lack)));
        Assert.Equal(["s-00000000 has too few complete trials, 9; it takes 10 to tell what fid depends on."], importance.Remarks);
    }

    [Fact]
    public async Task A_sweep_that_is_none_is_not_found()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(site.Viewer);
        using var answer = await http.GetAsync(new Uri("api/v1/sweeps/nothing-00000000/importance", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("no sweep nothing-00000000", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    /// <summary>Keeps a sweep with so many complete trials, in which the host decides, and others behind them.</summary>
    private static async Task KeepAsync(GatewaySite site, int complete, params SweepTrial[] others)
    {
        var trials = Enumerable.Range(0, complete).Select(ordinal => new SweepTrial
        {
            Point = ImmutableSortedDictionary<string, double>.Empty.Add("backtracking.host", ordinal % 2).Add("seed", ordinal / 2 % 3),
            Status = RunStatus.Completed,
            Value = 2 + ordinal % 2 + 0.01 * (ordinal * 7 % 5),
        });
        await WriteAsync(DocumentNames.Sweep, Sweep, new SweepDocument
        {
            Id = Sweep,
            Name = "s",
            Spec = SweepPlan.Parse(Spec, "s.yaml").Canonical,
            TrialCount = 24,
            Teachers = ImmutableSortedDictionary<string, ContentRef>.Empty.Add("digits", new(new string('a', 64), 1)),
        });
        await WriteAsync(
            DocumentNames.SweepPage,
            $"{Sweep}/0000",
            new SweepPage { Trials = [.. trials.Concat(others).Select((trial, ordinal) => trial with { Ordinal = ordinal })] });

        Task WriteAsync<T>(string kind, string key, T document) where T : class => new FolderBlobStore(site.Folder).WriteAsync(
            StateNames.Of(DocumentNames.Service, kind, key, kind), StateDocument.Write(document), BlobCondition.None, Cancellation);
    }
}
