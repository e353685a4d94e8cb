using System.Diagnostics.CodeAnalysis;
using DisBack.GrainStorage;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;
using DisBack.TestKit;
using DisBack.TestKit.Services;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Storage;

namespace DisBack.Storage.Tests.GrainStorage;

/// <summary>
/// The contract of <see cref="IGrainStorage"/> (the cases of Orleans' own conformance suite, and ours), through the services that a silo registers.
/// </summary>
public abstract class GrainStorageContract : IAsyncLifetime
{
    private const string Provider = "documents";
    private const string Service = "disback-tests";
    private const string StateName = "trial";

    private readonly TemporaryFolder _local = new();
    private IBlobStore _blobs = null!;
    private ServiceProvider _services = null!;
    private IGrainStorage _storage = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected abstract Task<IBlobStore> CreateAsync(string folder);

    public async ValueTask InitializeAsync()
    {
        _blobs = await CreateAsync(_local.Path);
        _services = new ServiceCollection()
            .AddLogging()
            .AddSerializer()
            .AddSingleton(_blobs)
            .Configure<ClusterOptions>(options => options.ServiceId = Service)
            .AddBlobGrainStorage(Provider)
            .BuildServiceProvider();
        _storage = _services.GetRequiredKeyedService<IGrainStorage>(Provider);
    }

    public ValueTask DisposeAsync()
    {
        _services.Dispose();
        _local.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_missing_record_is_a_fresh_state_without_etag()
    {
        var state = new CounterRecord { State = null, ETag = "left over", RecordExists = true };

        await _storage.ReadStateAsync(StateName, Id("missing"), state);

        Assert.NotNull(state.State);
        Assert.Equal((0, null, false), (state.State.Value, state.ETag, state.RecordExists));
    }

    [Fact]
    public async Task What_is_written_is_read_with_its_etag()
    {
        var written = await NewAsync("a", 7);
        var read = await ReadAsync("a");

        Assert.True(written.RecordExists);
        Assert.Equal((7, written.ETag, true), (read.State.Value, read.ETag, read.RecordExists));
    }

    [Fact]
    public async Task Both_overloads_do_the_same_and_the_long_one_heeds_its_token()
    {
        var id = Id("overloads");
        var state = new CounterRecord { State = new Counter { Value = 1 } };
        await _storage.WriteStateAsync(StateName, id, state, Cancellation);
        await _storage.ReadStateAsync(StateName, id, state, Cancellation);
        Assert.Equal(1, state.State.Value);
        await _storage.ClearStateAsync(StateName, id, state, Cancellation);
        Assert.False(state.RecordExists);

        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _storage.ReadStateAsync(StateName, id, state, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _storage.WriteStateAsync(StateName, id, state, cancelled));
        Assert.Equal((null, false), (state.ETag, state.RecordExists));
    }

    [Fact]
    public async Task Writing_equal_content_changes_the_etag()
    {
        var state = await NewAsync("equal", 1);
        var first = state.ETag;

        await _storage.WriteStateAsync(StateName, Id("equal"), state);

        Assert.NotEqual(first, state.ETag);
    }

    [Fact]
    public async Task A_second_creation_is_inconsistent_and_changes_neither_side()
    {
        await NewAsync("twice", 1);
        var second = new CounterRecord { State = new Counter { Value = 2 } };

        await Assert.ThrowsAsync<InconsistentStateException>(() => _storage.WriteStateAsync(StateName, Id("twice"), second));

        Assert.Equal((null, false), (second.ETag, second.RecordExists));
        Assert.Equal(1, (await ReadAsync("twice")).State.Value);
    }

    [Fact]
    public async Task A_write_under_a_stale_etag_is_inconsistent_until_it_is_read_again()
    {
        var mine = await NewAsync("stale", 1);
        var theirs = await ReadAsync("stale");
        theirs.State.Value = 2;
        await _storage.WriteStateAsync(StateName, Id("stale"), theirs);

        mine.State.Value = 3;
        var inconsistent = await Assert.ThrowsAsync<InconsistentStateException>(() => _storage.WriteStateAsync(StateName, Id("stale"), mine));
        Assert.Equal(mine.ETag, inconsistent.CurrentEtag);

        await _storage.ReadStateAsync(StateName, Id("stale"), mine);
        Assert.Equal(2, mine.State.Value);
        mine.State.Value = 3;
        await _storage.WriteStateAsync(StateName, Id("stale"), mine);
        Assert.Equal(3, (await ReadAsync("stale")).State.Value);
    }

    [Theory]
    [InlineData("0x8D0000000000000")]
    [InlineData("no etag of any store")]
    public async Task An_etag_for_a_record_that_does_not_exist_is_inconsistent(string etag)
    {
        var state = new CounterRecord { ETag = etag };

        await Assert.ThrowsAsync<InconsistentStateException>(() => _storage.WriteStateAsync(StateName, Id("never"), state));
        await Assert.ThrowsAsync<InconsistentStateException>(() => _storage.ClearStateAsync(StateName, Id("never"), state));
    }

    [Fact]
    public async Task Clearing_leaves_a_fresh_state_and_a_missing_record_that_can_be_written_again()
    {
        var state = await NewAsync("clear", 5);
        var before = state.ETag;

        await _storage.ClearStateAsync(StateName, Id("clear"), state);
        Assert.Equal((0, null, false), (state.State.Value, state.ETag, state.RecordExists));
        Assert.False((await ReadAsync("clear")).RecordExists);
        await _storage.ClearStateAsync(StateName, Id("clear"), state);

        await _storage.WriteStateAsync(StateName, Id("clear"), state);
        Assert.NotEqual(before, state.ETag);
        Assert.True((await ReadAsync("clear")).RecordExists);
    }

    [Fact]
    public async Task Clearing_under_a_stale_or_no_etag_is_inconsistent()
    {
        var stale = await NewAsync("clear stale", 1);
        var current = await ReadAsync("clear stale");
        await _storage.WriteStateAsync(StateName, Id("clear stale"), current);

        await Assert.ThrowsAsync<InconsistentStateException>(() => _storage.ClearStateAsync(StateName, Id("clear stale"), stale));
        await Assert.ThrowsAsync<InconsistentStateException>(() => _storage.ClearStateAsync(StateName, Id("clear stale"), new CounterRecord()));

        Assert.True((await ReadAsync("clear stale")).RecordExists);
    }

    [Fact]
    public async Task State_names_grain_types_and_keys_are_independent()
    {
        var ids = new[] { GrainId.Create("trial", "k"), GrainId.Create("teacher", "k"), GrainId.Create("trial", "k/k"), GrainId.Create("trial", "k%2Fk") };
        var names = new[] { "trial", "events" };
        foreach (var (id, name, value) in from id in ids from name in names select (id, name, $"{id} {name}".Length + Array.IndexOf(ids, id)))
        {
            await _storage.WriteStateAsync(name, id, new CounterRecord { State = new Counter { Value = value } });
        }

        foreach (var (id, name, value) in from id in ids from name in names select (id, name, $"{id} {name}".Length + Array.IndexOf(ids, id)))
        {
            var state = new CounterRecord();
            await _storage.ReadStateAsync(name, id, state);
            Assert.Equal(value, state.State.Value);
        }
    }

    [Theory]
    [InlineData("digits-0a1b2c3d/0001")]
    [InlineData("a+b c?d#e&f=g")]
    [InlineData("ключ-鍵-é-\\-\"-~")]
    [InlineData("..")]
    [InlineData("%2E%2E")]
    [InlineData("line\nbreak")]
    public async Task Any_key_round_trips_and_is_listed_as_itself(string key)
    {
        await NewAsync(key, 3);

        Assert.Equal(3, (await ReadAsync(key)).State.Value);
        var reader = new DocumentReader(_blobs, Service);
        Assert.Equal(3, (await reader.ReadAsync<Counter>("trial", key, StateName, Cancellation))!.Value);
        var documents = new List<Document<Counter>>();
        await foreach (var document in reader.ListAsync<Counter>("trial", StateName, cancellation: Cancellation))
        {
            documents.Add(document);
        }
        Assert.Equal((key, 3), (Assert.Single(documents).Key, documents[0].State.Value));
    }

    [Fact]
    public async Task Documents_are_listed_by_key_prefix_and_state_name()
    {
        foreach (var key in new[] { "s/0001", "s/0002", "s2/0001" })
        {
            await NewAsync(key, 1);
        }
        await _storage.WriteStateAsync("other", Id("s/0001"), new CounterRecord());

        var keys = new List<string>();
        await foreach (var document in new DocumentReader(_blobs, Service).ListAsync<Counter>("trial", StateName, "s/", Cancellation))
        {
            keys.Add(document.Key);
        }

        Assert.Equal(["s/0001", "s/0002"], keys);
    }

    [Fact]
    public async Task Parallel_writers_of_many_grains_do_not_disturb_each_other() =>
        await Parallel.ForEachAsync(Enumerable.Range(0, 24), Cancellation, async (i, _) =>
    {
        var state = new CounterRecord();
        for (var k = 0; k < 5; k++)
        {
            var before = state.ETag;
            state.State.Value = 100 * i + k;
            await _storage.WriteStateAsync(StateName, Id($"parallel-{i}"), state);
            Assert.NotEqual(before, state.ETag);
            Assert.Equal(100 * i + k, (await ReadAsync($"parallel-{i}")).State.Value);
        }
    });

    [Fact]
    public async Task Of_concurrent_activations_exactly_one_writes()
    {
        await NewAsync("race", 0);
        var activations = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ReadAsync("race")));

        var written = await Task.WhenAll(activations.Select(async (state, i) =>
        {
            state.State.Value = i + 1;
            try
            {
                await _storage.WriteStateAsync(StateName, Id("race"), state);
                return i + 1;
            }
            catch (InconsistentStateException)
            {
                return 0;
            }
        }));

        Assert.Equal((await ReadAsync("race")).State.Value, Assert.Single(written, value => value > 0));
    }

    [Fact]
    public async Task The_document_is_readable_json_and_older_and_newer_ones_are_read()
    {
        await _storage.WriteStateAsync(
            StateName,
            Id("json"),
            new CounterRecord { State = new Counter { Value = 1, LastKind = Kind.TargetSwitch, Loss = double.NaN } });
        var name = StateNames.Of(Service, "trial", "json", StateName);
        Assert.Equal("state/disback-tests/trial/json/trial.json", name);
        Assert.Equal(
            """
            {
              "schema_version": 1,
              "value": 1,
              "last_kind": "target-switch",
              "loss": "NaN"
            }
            """, (await _blobs.ReadAsync(name, Cancellation))!.Content.ToString());

        await _blobs.WriteAsync(name, BinaryData.FromString("""{ "value": 9, "added_later": { "x": [1] } }"""), BlobCondition.None, Cancellation);
        Assert.Equal((9, Kind.None), ((await ReadAsync("json")).State.Value, (await ReadAsync("json")).State.LastKind));
    }

    [Fact]
    public async Task A_damaged_document_is_named_with_its_line()
    {
        var name = StateNames.Of(Service, "trial", "damaged", StateName);
        await _blobs.WriteAsync(name, BinaryData.FromString("{\n  \"value\": 1,\n  oops"), BlobCondition.None, Cancellation);

        var refused = await Assert.ThrowsAsync<CorruptDocumentException>(() => ReadAsync("damaged"));

        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.Contains("line 3", refused.Message, StringComparison.Ordinal);
    }

    private static GrainId Id(string key) => GrainId.Create("trial", key);

    private async Task<CounterRecord> NewAsync(string key, int value)
    {
        var state = new CounterRecord { State = new Counter { Value = value } };
        await _storage.WriteStateAsync(StateName, Id(key), state);
        return state;
    }

    private async Task<CounterRecord> ReadAsync(string key)
    {
        var state = new CounterRecord();
        await _storage.ReadStateAsync(StateName, Id(key), state);
        return state;
    }
}

/// <summary>What a document happened to be about.</summary>
public enum Kind
{
    None,
    TargetSwitch,
}

/// <summary>A document as grains write them: the schema version first, then fields that are only ever added.</summary>
[GenerateSerializer, Alias("disback.tests.Counter")]
public sealed class Counter
{
    [Id(0)]
    public int SchemaVersion { get; set; } = 1;

    [Id(1)]
    public int Value { get; set; }

    [Id(2)]
    public Kind LastKind { get; set; }

    [Id(3)]
    public double Loss { get; set; }
}

/// <summary>What Orleans hands to the provider.</summary>
internal sealed class CounterRecord : IGrainState<Counter>
{
    [AllowNull]
    public Counter State { get; set; } = new();

    public string? ETag { get; set; }

    public bool RecordExists { get; set; }
}

public sealed class FolderGrainStorageTests : GrainStorageContract
{
    protected override Task<IBlobStore> CreateAsync(string folder) => Task.FromResult<IBlobStore>(new FolderBlobStore(folder));
}

public sealed class AzureGrainStorageTests(Azurite azurite) : GrainStorageContract
{
    protected override async Task<IBlobStore> CreateAsync(string folder) => await azurite.NewStoreAsync();
}
