using DisBack.TestKit.History;
using DisBack.TestKit.Services;
using DisBack.TestKit.Silos;

namespace DisBack.Cluster.Tests.Faults;

/// <summary>Who keeps the membership and the blob store fail, forget, hesitate and lie.</summary>
public sealed class ServiceFaultTests() : FaultTests(new())
{
    private const int Steps = 300;

    [Fact, Trait("Length", "Long")]
    public async Task Who_keeps_the_membership_ends_and_comes_back_and_the_attempt_never_notices()
    {
        var (trial, _) = await TrainAsync(Steps);

        await Cluster.Server.EndAsync();
        await Cluster.Server.RestartAsync();

        Assert.Equal(1, (await EndsAsIfNothingHadHappenedAsync(trial, Steps)).Attempt);
    }

    [Fact, Trait("Length", "Long")]
    public async Task A_control_silo_that_stops_while_who_keeps_the_membership_is_away_ends_within_its_grace()
    {
        var (trial, _) = await TrainAsync(Steps);

        await Cluster.Server.EndAsync();
        // A drain, a farewell, and some time on a busy machine.
        await Cluster.Controls[0].TerminateAsync().WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        await Cluster.Server.RestartAsync();
        await Cluster.ReviveAsync();

        await EndsAsIfNothingHadHappenedAsync(trial, Steps);
    }

    [Fact, Trait("Length", "Long")]
    public async Task Who_keeps_the_membership_forgets_everything_and_the_silos_ask_to_be_started_again()
    {
        var (trial, _) = await TrainAsync(600);

        await Cluster.Server.ForgetAsync();
        var codes = await Task.WhenAll(Cluster.Silos.Select(silo => silo.Exit)).WaitAsync(TimeSpan.FromMinutes(2), Cancellation);
        await Cluster.ReviveAsync();

        Assert.All(codes, code => Assert.Equal(75, code));
        await EndsAsIfNothingHadHappenedAsync(trial, 600);
    }

    [Fact, Trait("Length", "Long")]
    public async Task The_blob_store_is_down_and_the_run_waits_for_it()
    {
        var (trial, _) = await TrainAsync(Steps);

        await Cluster.Azurite.StopAsync();
        await Cluster.Proxy.HurtAsync(10);
        await Cluster.Azurite.RestartAsync();

        await EndsAsIfNothingHadHappenedAsync(trial, Steps);
    }

    [Theory, Trait("Length", "Long")]
    [InlineData(ProxyFault.Busy, 12)]
    [InlineData(ProxyFault.Slow, 12)]
    [InlineData(ProxyFault.Drop, 12)]
    [InlineData(ProxyFault.LoseAnswer, 12)]
    public async Task The_blob_store_answers_badly_for_a_while(ProxyFault fault, int requests)
    {
        var (trial, _) = await TrainAsync(Steps);

        Cluster.Proxy.Fault = fault;
        await Cluster.Proxy.HurtAsync(requests);
        Cluster.Proxy.Fault = ProxyFault.None;

        await EndsAsIfNothingHadHappenedAsync(trial, Steps);
    }

    [Fact]
    public async Task A_flipped_bit_in_the_head_checkpoint_is_named_and_the_one_before_is_taken()
    {
        var (trial, _) = await TrainAsync(Steps);

        // All of them, so that no other attempt begins before the head is damaged.
        await Task.WhenAll(Cluster.Workers.Select(silo => silo.KillAsync()));
        await Cluster.HistoryAsync(record => record.Event == HistoryEvent.AttemptEnded && record.Run == TestCluster.NameOf(trial));
        var head = HeadBefore(trial, attempt: 2);
        await Cluster.DamageAsync(new ContentRef(head.Digest, 0));
        // Nor has the machine that trained it a copy any more.
        foreach (var copy in Cluster.Workers.Select(silo => Path.Combine(silo.Cache, head.Digest)).Where(File.Exists))
        {
            File.Delete(copy);
        }
        var damaged = new HashSet<string> { head.Digest };
        await Cluster.ReviveAsync();

        Assert.True((await ResumedAsync(trial, attempt: 2)).Step < head.Step);
        var run = await EndsAsIfNothingHadHappenedAsync(trial, Steps, damaged);
        Assert.Contains(run.Events, happened => happened.Message.Contains($"The checkpoint of step {head.Step} is not usable", StringComparison.Ordinal));
    }

    [Fact, Trait("Length", "Long")]
    public async Task Flipped_bits_in_the_cache_of_a_worker_are_repaired_from_the_store()
    {
        var (first, _) = await TrainAsync(90);
        await EndsAsIfNothingHadHappenedAsync(first, 90);

        foreach (var silo in Cluster.Workers)
        {
            await silo.KillAsync();
        }
        var flipped = Cluster.Workers.Where(silo => Directory.Exists(silo.Cache))
            .SelectMany(silo => Directory.EnumerateFiles(silo.Cache, "*", SearchOption.AllDirectories))
            .ToList();
        foreach (var file in flipped)
        {
            Flip(file);
        }
        await Cluster.ReviveAsync();

        Assert.NotEmpty(flipped);
        var (second, worker) = await TrainAsync(Steps);
        await EndsAsIfNothingHadHappenedAsync(second, Steps);
        Assert.Contains(worker.Lines, line => line.Contains("was damaged; it is fetched again", StringComparison.Ordinal));
    }

    private static void Flip(string file)
    {
        using var stream = File.Open(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = stream.Length / 2;
        var flipped = (byte)(stream.ReadByte() ^ 0x10);
        stream.Position = stream.Length / 2;
        stream.WriteByte(flipped);
    }
}
