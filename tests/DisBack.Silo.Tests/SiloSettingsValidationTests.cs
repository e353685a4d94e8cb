using DisBack.Contracts.Hosting;
using DisBack.Orchestration.Placement;

namespace DisBack.Silo.Tests;

/// <summary>Every combination of settings that cannot work is refused, in one sentence that names the setting to change.</summary>
public sealed class SiloSettingsValidationTests
{
    private const string TableAddress = "https://account.table.core.windows.net";

    /// <summary>What is wrong, and the settings that the sentence must name.</summary>
    private static readonly Dictionary<string, (Action<SiloSettings> Break, string[] Named)> s_cases = new()
    {
        ["cluster without a name"] = (settings => settings.Cluster.Id = "", ["Cluster:Id"]),
        ["Redis without a server"] = (settings => settings.Cluster.Membership = MembershipKind.Redis, ["Cluster:Redis", "host:port"]),
        ["server without Redis"] = (settings => settings.Cluster.Redis = "redis:6379", ["Cluster:Membership"]),
        ["tables without an account"] =
            (settings => settings.Cluster.Membership = MembershipKind.AzureTables,
            ["AzureTables", "Cluster:Tables:AccountAddress", "Cluster:Tables:ConnectionString"]),
        ["an account without tables"] = (settings => settings.Cluster.Tables.AccountAddress = new Uri(TableAddress), ["Cluster:Tables", "Cluster:Membership"]),
        ["an account beside Redis"] = (settings => (settings.Cluster.Membership, settings.Cluster.Redis, settings.Cluster.Tables.AccountAddress)
            = (MembershipKind.Redis, "redis:6379", new Uri(TableAddress)), ["Cluster:Redis", "Cluster:Tables", "clear the other"]),
        ["a server beside tables"] = (settings => (settings.Cluster.Membership, settings.Cluster.Redis, settings.Cluster.Tables.AccountAddress)
            = (MembershipKind.AzureTables, "redis:6379", new Uri(TableAddress)), ["Cluster:Redis", "Cluster:Tables", "clear the other"]),
        ["two accounts"] = (settings => (settings.Cluster.Membership, settings.Cluster.Tables.AccountAddress, settings.Cluster.Tables.ConnectionString)
            = (MembershipKind.AzureTables, new Uri(TableAddress), "UseDevelopmentStorage=true"),
            ["Cluster:Tables:AccountAddress", "Cluster:Tables:ConnectionString"]),
        ["half an address of tables"] = (settings => (settings.Cluster.Membership, settings.Cluster.Tables.AccountAddress)
            = (MembershipKind.AzureTables, new Uri("/disback", UriKind.Relative)), ["Cluster:Tables:AccountAddress", "https://"]),
        ["an address of tables that no identity is sent to"] = (settings => (settings.Cluster.Membership, settings.Cluster.Tables.AccountAddress)
            = (MembershipKind.AzureTables, new Uri("http://account.table.core.windows.net")), ["Cluster:Tables:AccountAddress", "https://"]),
        ["a connection string of tables that is none"] = (settings => (settings.Cluster.Membership, settings.Cluster.Tables.ConnectionString)
            = (MembershipKind.AzureTables, "AccountName"), ["Cluster:Tables:ConnectionString", "AccountName=..."]),
        ["a cluster whose name is no key of a table"] = (settings => (settings.Cluster.Id, settings.Cluster.Membership, settings.Cluster.Tables.AccountAddress)
            = ("lab/one", MembershipKind.AzureTables, new Uri(TableAddress)), ["Cluster:Id", "lab/one"]),
        ["no name"] = (settings => settings.Name = "", ["Name"]),
        ["nowhere to keep anything"] = (settings => settings.Blobs.Folder = null, ["Blobs:Folder", "Blobs:AccountAddress", "Blobs:ConnectionString"]),
        ["two places to keep everything"] =
            (settings => settings.Blobs.ConnectionString = "UseDevelopmentStorage=true", ["Blobs:Folder", "Blobs:ConnectionString"]),
        ["a connection string that is none"] =
            (settings => (settings.Blobs.Folder, settings.Blobs.ConnectionString) = (null, "AccountName"), ["Blobs:ConnectionString"]),
        ["half an address"] =
            (settings => (settings.Blobs.Folder, settings.Blobs.AccountAddress) = (null, new Uri("/disback", UriKind.Relative)),
            ["Blobs:AccountAddress", "https://"]),
        ["a container that cannot be"] = (settings => settings.Blobs.Container = "Dis_Back", ["Blobs:Container"]),
        ["an unreadable server"] =
            (settings => (settings.Cluster.Membership, settings.Cluster.Redis) = (MembershipKind.Redis, "redis:6379,connectTimout=5"),
            ["Cluster:Redis", "host:port"]),
        ["no role"] = (settings => settings.Role = 0, ["Role", "Control, Worker, Both"]),
        ["an address that is everywhere"] = (settings => settings.Endpoints.Address = "0.0.0.0", ["Endpoints:Address"]),
        ["port 0"] = (settings => settings.Endpoints.Silo = 0, ["Endpoints:Silo"]),
        ["port too high"] = (settings => settings.Endpoints.Http = 65536, ["Endpoints:Http"]),
        ["one port twice"] = (settings => settings.Endpoints.Gateway = settings.Endpoints.Silo, ["Endpoints:Silo", "Endpoints:Gateway", "Endpoints:Http"]),
        ["a worker alone in memory"] = (settings => settings.Role = SiloRole.Worker, ["Role", "Cluster:Membership"]),
        ["an address that nobody can join"] = (settings => settings.Endpoints.Address = "10.0.0.7", ["Endpoints:Address", "Cluster:Membership"]),
        ["unknown accelerator"] = (settings => settings.Worker.Accelerator = "gpu0", ["Worker:Accelerator", "cuda:N"]),
        ["no slot"] = (settings => settings.Worker.Slots = 0, ["Worker:Slots"]),
        ["too many slots"] = (settings => settings.Worker.Slots = 1025, ["Worker:Slots"]),
        ["no cache"] = (settings => settings.Worker.CacheBytes = 0, ["Worker:CacheBytes"]),
        ["a long step that counts as hung"] = (settings => settings.Training.Hung = TimeSpan.FromSeconds(45), ["Training:Hung", "Training:Stale"]),
        ["a scratch folder in the wrong place"] = (settings => settings.Training.Scratch = "/data", ["Training:Scratch", "Worker:Scratch"]),
        ["a cache that is emptied"] = (settings => (settings.Worker.Scratch, settings.Worker.Cache) = ("/data", "/data"), ["Worker:Scratch", "Worker:Cache"]),
        ["no heartbeat"] = (settings => settings.Training.Heartbeat = TimeSpan.Zero, ["Training:Heartbeat"]),
        ["no supervision"] = (settings => settings.Training.Supervise = TimeSpan.Zero, ["Training:Supervise"]),
        ["no report"] = (settings => settings.Training.Report = TimeSpan.Zero, ["Training:Report"]),
        ["no drain"] = (settings => settings.Training.Drain = TimeSpan.FromSeconds(-1), ["Training:Drain"]),
        ["no probe"] = (settings => settings.Detection.ProbeTimeout = TimeSpan.Zero, ["Detection:ProbeTimeout"]),
        ["no refresh"] = (settings => settings.Detection.TableRefresh = TimeSpan.Zero, ["Detection:TableRefresh"]),
        ["no heartbeat in the membership table"] = (settings => settings.Detection.IAmAlive = TimeSpan.Zero, ["Detection:IAmAlive"]),
        ["no guard"] = (settings => settings.Detection.Guard = TimeSpan.Zero, ["Detection:Guard"]),
        ["no ensurance"] = (settings => settings.Supervision.Ensure = TimeSpan.Zero, ["Supervision:Ensure"]),
        ["no audit"] = (settings => settings.Supervision.Audit = TimeSpan.Zero, ["Supervision:Audit"]),
        ["no missed probe"] = (settings => settings.Detection.MissedProbes = 0, ["Detection:MissedProbes"]),
        ["one late heartbeat"] = (settings => settings.Training.Stale = settings.Training.Heartbeat * 1.9, ["Training:Stale", "Heartbeat"]),
        ["a run that stops before it is given up"] = (settings => settings.Training.DeadMan = settings.Training.Stale, ["Training:DeadMan", "Training:Stale"]),
        ["runs that stop with a control silo"] =
            (settings => settings.Detection.MaxProbeTimeout = TimeSpan.FromSeconds(30),
            ["Training:DeadMan", "Detection:MaxProbeTimeout", "Detection:MissedProbes"]),
        ["a probe time-out that would have to shrink"] =
            (settings => settings.Detection.ProbeTimeout = TimeSpan.FromSeconds(4), ["Detection:ProbeTimeout", "Detection:MaxProbeTimeout"]),
        ["a wait for the store that counts as hung"] =
            (settings => settings.Training.StorageGrace = settings.Training.Hung, ["Training:StorageGrace", "Training:Hung"]),
        ["a store that hangs for too long"] =
            (settings => (settings.Blobs.Folder, settings.Blobs.AccountAddress, settings.Blobs.Azure.Retries) = (null, new Uri("https://a.example"), 5),
            ["Training:DeadMan", "Blobs:Azure:NetworkTimeout"]),
        ["an owner that is asked once"] =
            (settings => settings.Supervision.Audit = settings.Supervision.Ensure / 2, ["Supervision:Audit", "Supervision:Ensure"]),
        ["a time beyond all timers"] = (settings => settings.Supervision.Audit = TimeSpan.FromDays(50), ["Supervision:Audit", "49 days"]),
        ["no attempt"] = (settings => settings.Retry.Crashes = 0, ["Retry:Crashes"]),
        ["no wait"] = (settings => settings.Retry.FirstDelay = TimeSpan.Zero, ["Retry:FirstDelay"]),
        ["waits that shrink"] = (settings => settings.Retry.LongestDelay = settings.Retry.FirstDelay / 2, ["Retry:LongestDelay", "Retry:FirstDelay"]),
        ["a pool that gives out what is in use"] =
            (settings => settings.Training.PoolSettle = TimeSpan.FromSeconds(1), ["Training:PoolSettle", "Training:Report"]),
    };

    public static TheoryData<string> Cases => [.. s_cases.Keys];

    private static SiloSettings Right => new() { Blobs = { Folder = "/blobs" } };

    [Fact]
    public void The_defaults_and_a_place_for_blobs_are_accepted() => Assert.Null(SiloSettingsValidation.Problem(Right));

    [Theory, MemberData(nameof(Cases))]
    public void It_is_refused_in_one_sentence(string wrong)
    {
        var settings = Right;
        s_cases[wrong].Break(settings);
        var problem = SiloSettingsValidation.Problem(settings);
        Assert.NotNull(problem);
        // "127.0.0.1" and "2.5 s" have points inside; a sentence ends with one, and only one is followed by nothing.
        Assert.EndsWith(".", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(". ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", problem, StringComparison.Ordinal);
        Assert.All(s_cases[wrong].Named, name => Assert.Contains(name, problem, StringComparison.Ordinal));
    }

    [Fact]
    public void A_control_silo_may_have_any_accelerator_because_it_uses_none()
    {
        var settings = Right;
        (settings.Role, settings.Worker.Accelerator) = (SiloRole.Control, "none");
        (settings.Cluster.Membership, settings.Cluster.Redis) = (MembershipKind.Redis, "redis:6379");
        Assert.Null(SiloSettingsValidation.Problem(settings));
    }

    [Theory]
    [InlineData(TableAddress, null)]
    [InlineData(null, "UseDevelopmentStorage=true")]
    public void A_control_silo_whose_membership_is_on_tables_needs_one_account(string? address, string? connection)
    {
        var settings = Right;
        (settings.Role, settings.Cluster.Membership) = (SiloRole.Control, MembershipKind.AzureTables);
        settings.Cluster.Tables = new() { AccountAddress = address is null ? null : new Uri(address), ConnectionString = connection };
        Assert.Null(SiloSettingsValidation.Problem(settings));
    }

    [Fact]
    public void The_address_of_another_host_is_right_where_there_are_other_hosts()
    {
        var settings = Right;
        settings.Endpoints.Address = "10.0.0.7";
        (settings.Cluster.Membership, settings.Cluster.Redis) = (MembershipKind.Redis, "redis:6379");
        Assert.Null(SiloSettingsValidation.Problem(settings));
    }
}
