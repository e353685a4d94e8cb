using System.Text.Json;
using CsCheck;
using DisBack.Storage.Collection;
using DisBack.Storage.Content;
using DisBack.Storage.Documents;
using DisBack.Storage.Tests.Metrics;
using Microsoft.Extensions.Time.Testing;

namespace DisBack.Storage.Tests.Collection;

/// <summary>Whatever is stored, written and interrupted around a collection: what a document refers to afterwards can be verified.</summary>
public sealed class CollectionProperties
{
    private static readonly TimeSpan s_grace = TimeSpan.FromDays(1);

    [Fact]
    public async Task Every_run_still_verifies_and_the_rest_is_gone() =>
        await Gen.Select(Gen.Int[0, 9].Array[0, 12], Gen.Int[0, 9].Array[0, 4].Array[0, 6], Gen.Int[0, 9].Array[0, 4]).SampleAsync(async (old, runs, young) =>
        {
            var site = new Site();
            await site.StoreAsync([.. old, .. runs.SelectMany(refers => refers)]);
            for (var run = 0; run < runs.Length; run++)
            {
                site.Write(run, runs[run]);
            }
            site.Time.Advance(s_grace);
            await site.StoreAsync(young);

            await site.CollectAsync(site.Blobs);

            var kept = runs.SelectMany(refers => refers).Concat(young).Distinct().Order();
            await site.VerifyAsync(kept);
            Assert.Equal(kept.Count(), site.Blobs.Names.Count(name => name.StartsWith(ContentRef.Prefix, StringComparison.Ordinal)));
            Assert.Empty(await site.CollectAsync(site.Blobs));
        }, seed: "0000000000000", iter: 300, threads: 1);

    /// <summary>
    /// A run that stores a content, whether or not it is there, and refers to it later, at any two moments of a collection: the document is written while
    /// nobody knows yet, or after the collection.
    /// </summary>
    [Fact]
    public async Task A_run_that_stores_and_refers_during_a_collection_loses_nothing() =>
        await Gen.Select(Gen.Int[0, 4].Array[0, 5], Gen.Int[0, 4], Gen.Int[1, 40], Gen.Int[0, 40]).SampleAsync(async (old, content, stores, after) =>
        {
            var site = new Site();
            await site.StoreAsync(old);
            site.Write(0, []);
            site.Time.Advance(s_grace);
            var written = false;

            await site.CollectAsync(site.Blobs.Seen(async (operation, _) =>
            {
                if (operation == stores)
                {
                    await site.StoreAsync([content]);
                }
                if (operation == stores + after)
                {
                    Write();
                }
            }));
            if (!written)
            {
                await StoreIfLateAsync();
                Write();
            }

            await site.VerifyAsync([content]);

            void Write()
            {
                site.Write(1, [content]);
                written = true;
            }

            // A collection may be over before the operation at which the run stores.
            async Task StoreIfLateAsync()
            {
                if (stores > site.Operations)
                {
                    await site.StoreAsync([content]);
                }
            }
        }, seed: "0000000000000", iter: 500, threads: 1);

    [Fact]
    public async Task A_collection_that_is_cut_off_at_any_operation_leaves_a_whole_store_and_is_completed_by_the_next()
    {
        for (var last = 1; ; last++)
        {
            var site = new Site();
            await site.StoreAsync([0, 1, 2, 3, 4, 5]);
            site.Write(0, [1, 4]);
            site.Time.Advance(s_grace);
            var isCutOff = false;
            try
            {
                await site.CollectAsync(site.Blobs.Seen((operation, _) => operation > last ? throw new IOException("cut off") : Task.CompletedTask));
            }
            catch (IOException)
            {
                isCutOff = true;
            }

            await site.VerifyAsync([1, 4]);
            await site.CollectAsync(site.Blobs);
            await site.VerifyAsync([1, 4]);
            Assert.Equal(3, site.Blobs.Names.Count);
            if (!isCutOff)
            {
                Assert.True(last > 10);
                return;
            }
        }
    }

    /// <summary>A store whose contents are numbered.</summary>
    private sealed class Site
    {
        private readonly ContentStore _contents;

        public Site()
        {
            Blobs = new MemoryBlobs(Time);
            _contents = new ContentStore(Blobs);
        }

        public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

        public MemoryBlobs Blobs { get; }

        /// <summary>Operations of the collections so far.</summary>
        public int Operations { get; private set; }

        public async Task StoreAsync(IEnumerable<int> contents)
        {
            foreach (var content in contents)
            {
                await _contents.PutAsync(Bytes(content), TestContext.Current.CancellationToken);
            }
        }

        public void Write(int run, IEnumerable<int> contents)
        {
            var digests = contents.Select(content => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Bytes(content))));
            Blobs.Set(StateNames.Of("disback", "trial", $"{run}/0000", "trial"), JsonSerializer.SerializeToUtf8Bytes(digests));
        }

        public async Task<IReadOnlyList<ContentVerdict>> CollectAsync(MemoryBlobs blobs)
        {
            var collector = new ContentCollector(blobs, Time);
            var removed = await collector.SweepAsync(await collector.PlanAsync(s_grace), TestContext.Current.CancellationToken);
            Operations = blobs.Operations;
            return removed;
        }

        public async Task VerifyAsync(IEnumerable<int> contents)
        {
            foreach (var content in contents)
            {
                var digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Bytes(content)));
                await _contents.VerifyAsync(new ContentRef(digest, Bytes(content).ToMemory().Length), TestContext.Current.CancellationToken);
            }
        }

        private static BinaryData Bytes(int content) => BinaryData.FromString($"content {content}");
    }
}
