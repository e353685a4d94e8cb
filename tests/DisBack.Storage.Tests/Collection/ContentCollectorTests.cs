using DisBack.Storage.Blobs;
using DisBack.Storage.Collection;
using DisBack.Storage.Content;
using DisBack.Storage.Documents;
using DisBack.Storage.Tests.Metrics;
using DisBack.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace DisBack.Storage.Tests.Collection;

/// <summary>What a collection keeps and removes, and why.</summary>
public sealed class ContentCollectorTests
{
    private static readonly TimeSpan s_grace = TimeSpan.FromDays(1);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly MemoryBlobs _blobs;
    private readonly ContentStore _contents;

    public ContentCollectorTests()
    {
        _blobs = new MemoryBlobs(_time);
        _contents = new ContentStore(_blobs);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("{\"content\":{\"digest\":\"DIGEST\",\"length\":1}}")]
    [InlineData("{\"path\":\"sha256:DIGEST\"}")]
    [InlineData("{\"spec\":\"{\\\"path\\\":\\\"sha256:DIGEST\\\"}\"}")]
    [InlineData("{\"spec\":\"\\u0022sha256\\u003aDIGEST\\u0022\"}")]
    [InlineData("{\"a field that is not known yet\":{\"DIGEST\":[]}}")]
    [InlineData("[\"DIGESTDIGEST\", \"0DIGEST0\"]")]
    [InlineData("DIGEST")]
    [InlineData("{\"lost\":[\"DIGEST")]
    public async Task What_a_document_mentions_in_any_form_stays(string form)
    {
        var content = await StoreAsync("kept");
        Write("trial", "a/0000", form.Replace("DIGEST", content.Digest, StringComparison.Ordinal));
        _time.Advance(TimeSpan.FromDays(100));

        var verdict = Assert.Single((await PlanAsync()).Verdicts);

        Assert.Equal(new ContentVerdict(content, TimeSpan.FromDays(100), ContentFate.Referred, "trial a/0000", 1), verdict);
        Assert.Empty(await CollectAsync());
    }

    [Fact]
    public async Task A_part_of_a_digest_and_one_in_capitals_mention_nothing()
    {
        var content = await StoreAsync("gone");
        Write("trial", "a", $"[\"{content.Digest[..63]}\", \"{content.Digest[1..]}\", \"{content.Digest.ToUpperInvariant()}\", \"{new string('0', 64)}\"]");
        _time.Advance(s_grace);

        Assert.Equal([content], (await CollectAsync()).Select(removed => removed.Content));

        Assert.False(await _contents.ExistsAsync(content, Cancellation));
    }

    [Fact]
    public async Task Documents_of_every_kind_count_and_the_first_is_named()
    {
        var content = await StoreAsync("shared");
        foreach (var (kind, key) in new[] { ("trial", "b/0000"), ("sweep-page", "s/0"), ("trajectory", "t"), ("kind of tomorrow", "k"), ("trial", "a/0000") })
        {
            Write(kind, key, $"\"{content.Digest} and {content.Digest} again\"");
        }

        var verdict = Assert.Single((await PlanAsync()).Verdicts);

        Assert.Equal((5, "kind of tomorrow k"), (verdict.Documents, verdict.Document));
    }

    [Fact]
    public async Task What_is_younger_than_the_grace_period_stays_and_what_is_stored_again_is_young_again()
    {
        var (old, again) = (await StoreAsync("old"), await StoreAsync("again"));
        _time.Advance(s_grace / 2);
        var young = await StoreAsync("young");
        Assert.Empty(await CollectAsync());
        _time.Advance(s_grace / 2);
        await StoreAsync("again");

        var removed = await CollectAsync();

        Assert.Equal([old], removed.Select(verdict => verdict.Content));
        await VerifyAsync(young, again);
    }

    [Fact]
    public async Task A_document_that_is_written_after_the_contents_were_listed_keeps_what_it_refers_to()
    {
        var contents = new[] { await StoreAsync("before it reads"), await StoreAsync("while it reads"), await StoreAsync("after the plan") };
        Write("trial", "z", "{}");
        _time.Advance(s_grace);
        var collector = new ContentCollector(
            _blobs.Seen((_, what) =>
            {
                if (what is "list after ")
                {
                    return Task.CompletedTask;
                }
                if (what.StartsWith("list after cas", StringComparison.Ordinal))
                {
                    Write("trial", "a", $"\"{contents[0].Digest}\"");
                }
                if (what.StartsWith("read state", StringComparison.Ordinal))
                {
                    Write("trial", "y", $"\"{contents[1].Digest}\"");
                }
                return Task.CompletedTask;
            }),
            _time);

        var plan = await collector.PlanAsync(s_grace, Cancellation);
        Write("trial", "z", $"\"{contents[2].Digest}\"");
        var removed = await collector.SweepAsync(plan, Cancellation);

        Assert.Equal([contents[2]], plan.Of(ContentFate.Unreferenced).Select(verdict => verdict.Content));
        Assert.Empty(removed);
        await VerifyAsync(contents);
    }

    [Fact]
    public async Task A_content_that_is_stored_again_after_the_plan_stays()
    {
        var content = await StoreAsync("again");
        _time.Advance(s_grace);
        var plan = await PlanAsync();
        await StoreAsync("again");

        Assert.Empty(await new ContentCollector(_blobs, _time).SweepAsync(plan, Cancellation));

        await VerifyAsync(content);
    }

    [Fact]
    public async Task A_damaged_document_is_named_and_keeps_what_is_left_in_it()
    {
        var (first, second, third) = (await StoreAsync("first"), await StoreAsync("second"), await StoreAsync("third"));
        Write("trial", "damaged", $"{{\"nodes\":[\"{first.Digest}\",\"{second.Digest[..40]}");
        Write("trial", "sound", $"\"{third.Digest}\"");
        _time.Advance(s_grace);

        var plan = await PlanAsync();

        Assert.Contains("state/disback/trial/damaged/trial.json' in memory is no valid JSON", Assert.Single(plan.Damaged), StringComparison.Ordinal);
        Assert.Equal([second], (await CollectAsync()).Select(removed => removed.Content));
        await VerifyAsync(first, third);
    }

    [Fact]
    public async Task Where_a_document_cannot_be_read_nothing_is_removed()
    {
        using var folder = new TemporaryFolder();
        var blobs = new FolderBlobStore(folder.Path, _time);
        var content = await new ContentStore(blobs).PutAsync(BinaryData.FromString("kept"), Cancellation);
        _time.Advance(s_grace);
        var collector = new ContentCollector(blobs, _time);
        var plan = await collector.PlanAsync(s_grace, Cancellation);
        var name = StateNames.Of("disback", "trial", "a", "trial");
        await blobs.WriteAsync(name, BinaryData.FromString("{}"), BlobCondition.Missing, Cancellation);
        File.Delete(blobs.LocalPathOf(name));
        // A link to itself leads nowhere, whoever reads it.
        File.CreateSymbolicLink(blobs.LocalPathOf(name), blobs.LocalPathOf(name));

        await Assert.ThrowsAsync<StorageException>(() => collector.SweepAsync(plan, Cancellation));
        await Assert.ThrowsAsync<StorageException>(() => collector.PlanAsync(s_grace, Cancellation));

        await new ContentStore(blobs).VerifyAsync(content, Cancellation);
    }

    [Theory]
    [InlineData("cas/sha256/ab/readme.txt")]
    [InlineData("cas/sha256/0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("cas/sha256/ab/0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("cas/other/00/0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("metrics/run/0001/0000000000000000000000000000000000000000000000000000000000000000.parquet")]
    public async Task What_is_no_content_is_left_alone(string name)
    {
        _blobs.Set(name, [1]);
        _time.Advance(s_grace * 2);

        Assert.Empty(await CollectAsync());

        Assert.Equal([name], _blobs.Names);
    }

    private Task<ContentRef> StoreAsync(string text) => _contents.PutAsync(BinaryData.FromString(text), Cancellation);

    private void Write(string kind, string key, string text) =>
        _blobs.Set(StateNames.Of("disback", kind, key, kind), System.Text.Encoding.UTF8.GetBytes(text));

    private Task<ContentPlan> PlanAsync() => new ContentCollector(_blobs, _time).PlanAsync(s_grace, Cancellation);

    private async Task<IReadOnlyList<ContentVerdict>> CollectAsync() => await new ContentCollector(_blobs, _time).SweepAsync(await PlanAsync(), Cancellation);

    private async Task VerifyAsync(params ContentRef[] contents)
    {
        foreach (var content in contents)
        {
            await _contents.VerifyAsync(content, Cancellation);
        }
    }
}
