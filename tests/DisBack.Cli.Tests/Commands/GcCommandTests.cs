using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;
using DisBack.Storage.Blobs;
using DisBack.Storage.Content;
using DisBack.Storage.Documents;
using DisBack.Storage.Local;

namespace DisBack.Cli.Tests.Commands;

/// <summary>What <c>gc</c> says, refuses and removes in a data folder.</summary>
public sealed class GcCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-gc-").FullName;
    private readonly FolderBlobStore _blobs;
    private readonly ContentStore _contents;

    public GcCommandTests()
    {
        _blobs = new FolderBlobStore(_folder);
        _contents = new ContentStore(_blobs);
        DataFolderLock.Acquire(_folder, "an earlier run").Dispose();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_dry_run_explains_every_verdict_and_removes_nothing()
    {
        var (kept, young, old) = await PrepareAsync();

        var (code, output, error) = await GcAsync("--dry-run");

        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.Contains($"{kept.Digest}  4      2d   kept: teacher taught and 1 more documents", output, StringComparison.Ordinal);
        Assert.Matches($@"{young.Digest}  5      \d+s +kept: too young", output);
        Assert.Contains($"{old.Digest}  3      2d   removed", output, StringComparison.Ordinal);
        Assert.EndsWith(
            "Referred to      1 content, 4 B\nYounger than 1d  1 content, 5 B\nWould be removed 1 content, 3 B\n",
            output,
            StringComparison.Ordinal);
        Assert.True(await _contents.ExistsAsync(old, Cancellation));

        var json = JsonNode.Parse((await GcAsync("--dry-run", "--json", "--older-than", "3d")).Output)!;
        Assert.Equal(["referred", "young", "young"], json["contents"]!.AsArray().Select(content => content!["fate"]!.GetValue<string>()).Order());
        Assert.Equal([4, 8, 0], json["totals"]!.AsArray().Select(total => total!["bytes"]!.GetValue<int>()));
    }

    [Fact]
    public async Task What_nothing_refers_to_is_removed_after_a_yes_and_the_rest_stays()
    {
        var (kept, young, old) = await PrepareAsync();

        var (code, output, error) = await GcAsync();
        Assert.Equal(
            (ExitCode.Usage, "", "disback: There is no terminal to ask on whether to remove what nothing refers to (1 content, 3 B); add --yes.\n"),
            (code, output, error));
        (code, output, error) = await GcAsync("--yes");
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.EndsWith("Removed          1 content, 3 B are free now\n", output, StringComparison.Ordinal);

        Assert.False(await _contents.ExistsAsync(old, Cancellation));
        await _contents.VerifyAsync(kept, Cancellation);
        await _contents.VerifyAsync(young, Cancellation);
        Assert.EndsWith("Removed          nothing\n", (await GcAsync()).Output, StringComparison.Ordinal);
        Assert.Null(DataFolderLock.FindOwner(_folder));
    }

    [Fact]
    public async Task Parts_of_an_upload_that_nobody_goes_on_with_are_explained_and_removed()
    {
        var whole = new string('0', 64);
        var (old, young) = (await PutPartAsync(whole, "old", days: 8), await PutPartAsync(whole, "young", days: 6));

        var (code, output, _) = await GcAsync("--dry-run");
        Assert.Equal(ExitCode.Ok, code);
        Assert.Matches($"{old.Digest}  3      8d   removed: part of {whole}, which nobody uploads", output);
        Assert.Matches($"{young.Digest}  5      6d   kept: part of {whole}, which may be uploaded still", output);
        Assert.Contains("Of uploads       1 part of unfinished uploads, 5 B, kept for 7d\n", output, StringComparison.Ordinal);
        Assert.EndsWith("Would be removed 0 contents, 0 B, and 1 part of unfinished uploads, 3 B\n", output, StringComparison.Ordinal);
        Assert.Contains("(0 contents, 0 B, and 1 part of unfinished uploads, 3 B); add --yes", (await GcAsync()).Error, StringComparison.Ordinal);
        var dry = JsonNode.Parse((await GcAsync("--dry-run", "--json")).Output)!;
        Assert.Equal([(3, true), (5, false)], dry["parts"]!.AsArray().Select(part => ((int)part!["length"]!, (bool)part["abandoned"]!)).Order());
        var parts = new ContentParts(_blobs);
        Assert.Equal(2, (await parts.ListAsync(Cancellation)).Count);

        var removed = JsonNode.Parse((await GcAsync("--yes", "--json")).Output)!["removed"]!;

        Assert.Equal((0, 1, 3), ((int)removed["contents"]!, (int)removed["parts"]!, (int)removed["part_bytes"]!));
        Assert.Equal([young], (await parts.ListAsync(Cancellation)).Select(part => part.Part));
        Assert.EndsWith("Removed          nothing\n", (await GcAsync()).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_document_is_named_before_anything_is_removed()
    {
        var (_, _, old) = await PrepareAsync();
        await _blobs.WriteAsync(
            StateNames.Of(DocumentNames.Service, "trial", "b/0000", "trial"), BinaryData.FromString($"{{\"{old.Digest}"), BlobCondition.None, Cancellation);

        var (code, output, error) = await GcAsync("--yes");

        Assert.Equal(ExitCode.Storage, code);
        Assert.Contains("state/disback/trial/b%2F0000/trial.json", error, StringComparison.Ordinal);
        Assert.EndsWith("Removed          nothing\n", output, StringComparison.Ordinal);
        await _contents.VerifyAsync(old, Cancellation);
    }

    [Fact]
    public async Task A_folder_in_which_a_process_works_is_refused_and_explained()
    {
        await PrepareAsync();
        using var held = DataFolderLock.Acquire(_folder, "disback run");

        var (code, output, error) = await GcAsync("--yes");

        Assert.Equal((ExitCode.DataFolderInUse, ""), (code, output));
        Assert.Contains("`disback run`", error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, (await GcAsync("--dry-run")).Code);
    }

    [Fact]
    public async Task A_folder_that_no_run_was_ever_hosted_in_and_a_cluster_are_refused()
    {
        var (_, _, old) = await PrepareAsync();
        File.Delete(Path.Combine(_folder, "disback.lock"));

        Assert.Equal(ExitCode.Invalid, (await GcAsync("--yes")).Code);
        var (code, _, error) = await GcAsync("--yes", "--cluster", "http://localhost:1");
        Assert.Equal(ExitCode.Invalid, code);
        Assert.Contains("The store of a cluster is not collected", error, StringComparison.Ordinal);

        await _contents.VerifyAsync(old, Cancellation);
    }

    [Theory]
    [InlineData("0s")]
    [InlineData("59s")]
    [InlineData("-1d")]
    [InlineData("1")]
    [InlineData("d")]
    [InlineData("1w")]
    [InlineData("")]
    [InlineData("1e300d")]
    [InlineData("99999999999d")]
    public async Task An_age_that_is_none_or_too_low_is_a_mistake(string age) =>
        Assert.Equal(ExitCode.Usage, (await GcAsync("--dry-run", "--older-than", age)).Code);

    [Theory]
    [InlineData(-5, "0s")]
    [InlineData(59, "59s")]
    [InlineData(60, "1m")]
    [InlineData(86_399, "23h")]
    [InlineData(1_000_000, "11d")]
    public void An_age_is_shown_in_its_largest_unit(double seconds, string shown) => Assert.Equal(shown, Age.Show(TimeSpan.FromSeconds(seconds)));

    /// <summary>Three contents: one that a teacher and a trial refer to, a young one, and one that is two days old.</summary>
    private async Task<(ContentRef Kept, ContentRef Young, ContentRef Old)> PrepareAsync()
    {
        var kept = await StoreAsync("kept", days: 2);
        var (young, old) = (await StoreAsync("young", days: 0), await StoreAsync("old", days: 2));
        await WriteAsync(DocumentNames.Teacher, "taught", new TeacherDocument { Id = "taught", Weights = kept });
        await WriteAsync(DocumentNames.Trial, "a/0000", new TrialDocument { Id = "a/0000", Teacher = kept });
        return (kept, young, old);
    }

    private async Task<ContentRef> StoreAsync(string text, int days)
    {
        var content = await _contents.PutAsync(BinaryData.FromString(text), Cancellation);
        var path = _blobs.LocalPathOf(content.BlobName);
        File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddDays(-days));
        return content;
    }

    private async Task<ContentRef> PutPartAsync(string whole, string text, int days)
    {
        var path = Path.Combine(_folder, text);
        await File.WriteAllTextAsync(path, text, Cancellation);
        var part = new ContentRef(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))), text.Length);
        await new ContentParts(_blobs).PutAsync(whole, part, path, Cancellation);
        var stored = _blobs.LocalPathOf((await new ContentParts(_blobs).ListAsync(Cancellation)).Single(known => known.Part == part).BlobName);
        File.SetLastWriteTimeUtc(stored, File.GetLastWriteTimeUtc(stored).AddDays(-days));
        return part;
    }

    private Task<string> WriteAsync<T>(string kind, string key, T document) => _blobs.WriteAsync(
        StateNames.Of(DocumentNames.Service, kind, key, kind), StateDocument.Write(document), BlobCondition.None, Cancellation);

    private async Task<(ExitCode Code, string Output, string Error)> GcAsync(params string[] args)
    {
        var (code, output, error) = await Shell.RunAsync(["gc", .. args, "--data", _folder]);
        return (code, output, error);
    }
}
