using DisBack.Contracts.Hosting;
using DisBack.TestKit.Services;

namespace DisBack.Cluster.Tests.Faults;

/// <summary>
/// A cluster without Redis: Azure tables keep the membership. The other tests of faults run on tables too, with <c>DISBACK_TEST_MEMBERSHIP=AzureTables</c>.
/// </summary>
public sealed class TableFaultTests() : FaultTests(new() { Workers = 1, Membership = MembershipKind.AzureTables })
{
    /// <summary>A drain, a farewell, and some time on a busy machine.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(60);

    private TableServer Tables => (TableServer)Cluster.Server;

    [Fact, Trait("Length", "Long")]
    public async Task Everything_is_killed_and_a_cold_start_goes_on_from_what_was_committed()
    {
        var (trial, _) = await TrainAsync(300);

        await Task.WhenAll(Cluster.Silos.Select(silo => silo.KillAsync()));
        await Tables.EndAsync();
        await Tables.RestartAsync();
        await Cluster.ReviveAsync();

        Assert.True((await ResumedAsync(trial, attempt: 2)).Step >= HeadBefore(trial, attempt: 2).Step);
        await EndsAsIfNothingHadHappenedAsync(trial, 300);
    }

    [Fact, Trait("Length", "Long")]
    public async Task The_tables_forget_everything_and_the_silos_ask_to_be_started_again()
    {
        var (trial, _) = await TrainAsync(600);

        await Tables.ForgetAsync();
        var codes = await Task.WhenAll(Cluster.Silos.Select(silo => silo.Exit)).WaitAsync(TimeSpan.FromMinutes(2), Cancellation);
        await Cluster.ReviveAsync();

        Assert.All(codes, code => Assert.Equal(75, code));
        await EndsAsIfNothingHadHappenedAsync(trial, 600);
    }

    [Fact, Trait("Length", "Long")]
    public async Task A_control_silo_that_stops_while_the_tables_hang_ends_within_its_grace()
    {
        var (trial, _) = await TrainAsync(300);

        Tables.Pause();
        await Cluster.Controls[0].TerminateAsync().WaitAsync(s_grace, Cancellation);
        Tables.Continue();
        await Cluster.ReviveAsync();

        await EndsAsIfNothingHadHappenedAsync(trial, 300);
    }

    [Theory, Trait("Length", "Long")]
    [InlineData(ProxyFault.Busy)]
    [InlineData(ProxyFault.Slow)]
    [InlineData(ProxyFault.Drop)]
    [InlineData(ProxyFault.LoseAnswer)]
    public async Task The_tables_answer_badly_while_the_worker_is_replaced(ProxyFault fault)
    {
        var (trial, worker) = await TrainAsync(300);

        Tables.Proxy.Fault = fault;
        await worker.KillAsync();
        worker.Start();
        await Tables.Proxy.HurtAsync(12);
        Tables.Proxy.Fault = ProxyFault.None;
        await Cluster.ReviveAsync();

        await EndsAsIfNothingHadHappenedAsync(trial, 300);
    }
}
