using System.Security.Cryptography;
using DisBack.Storage.Blobs;
using DisBack.Storage.Content;
using DisBack.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace DisBack.Storage.Tests.Content;

public sealed class ContentPartsTests : IDisposable
{
    private static readonly string s_whole = new('0', 64);
    private static readonly string s_other = new('1', 64);

    private readonly TemporaryFolder _local = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly ContentParts _parts;

    public ContentPartsTests() => _parts = new(new FolderBlobStore(Path.Combine(_local.Path, "store"), _time), _time);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _local.Dispose();

    [Fact]
    public async Task Parts_are_joined_in_the_order_in_which_they_are_listed_also_one_that_is_there_twice()
    {
        var (a, b) = (await PutAsync(s_whole, "a"), await PutAsync(s_whole, "bb"));
        await PutAsync(s_other, "ccc");
        using var joined = new MemoryStream();

        await _parts.CopyAsync(s_whole, [b, a, b], joined, Cancellation);

        Assert.Equal("bbabb"u8.ToArray(), joined.ToArray());
        Assert.Equal(new[] { a, b }.OrderBy(part => part.Digest, StringComparer.Ordinal), await _parts.FindAsync(s_whole, Cancellation));
    }

    [Fact]
    public async Task A_part_of_another_content_is_none_of_this()
    {
        var part = await PutAsync(s_other, "a");

        await Assert.ThrowsAsync<MissingContentException>(() => _parts.CopyAsync(s_whole, [part], Stream.Null, Cancellation));
    }

    [Fact]
    public async Task Removed_are_the_parts_of_one_content_and_those_that_were_left_lying_for_too_long()
    {
        await PutAsync(s_other, "old");
        _time.Advance(ContentParts.Kept);
        var young = await PutAsync(s_other, "young");
        await PutAsync(s_whole, "a");
        _time.Advance(TimeSpan.FromMinutes(1));

        await _parts.RemoveAsync(s_whole, Cancellation);

        Assert.Empty(await _parts.FindAsync(s_whole, Cancellation));
        Assert.Equal([young], await _parts.FindAsync(s_other, Cancellation));
    }

    [Fact]
    public async Task Abandoned_are_the_parts_that_have_not_arrived_again_for_longer_than_they_are_kept()
    {
        var old = await PutAsync(s_other, "old");
        var again = await PutAsync(s_other, "again");
        _time.Advance(ContentParts.Kept);
        var young = await PutAsync(s_whole, "young");
        Assert.DoesNotContain(await _parts.ListAsync(Cancellation), part => part.IsAbandoned);
        _time.Advance(TimeSpan.FromTicks(1));
        var unrelated = Path.Combine(_local.Path, "store", "uploads", "note");
        await File.WriteAllTextAsync(unrelated, "no part", Cancellation);
        File.SetLastWriteTimeUtc(unrelated, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        var listed = await _parts.ListAsync(Cancellation);
        await PutAsync(s_other, "again");
        var removed = await _parts.RemoveAbandonedAsync(listed, Cancellation);

        Assert.Equal(
            new[] { (s_other, old, true), (s_other, again, true), (s_whole, young, false) }.ToHashSet(),
            listed.Select(part => (part.Whole, part.Part, part.IsAbandoned)).ToHashSet());
        Assert.Equal([old], removed.Select(part => part.Part));
        Assert.Equal([again], await _parts.FindAsync(s_other, Cancellation));
        Assert.Equal([young], await _parts.FindAsync(s_whole, Cancellation));
        Assert.True(File.Exists(unrelated));
    }

    private async Task<ContentRef> PutAsync(string whole, string text)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        var part = new ContentRef(Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes.Length);
        await _parts.PutAsync(whole, part, _local.File(text, bytes), Cancellation);
        return part;
    }
}
