using DisBack.Contracts.Hosting;
using DisBack.Orchestration.Placement;
using Microsoft.Extensions.Configuration;

namespace DisBack.Silo.Tests;

/// <summary>Settings come from the file, the prefixed variables and the command line; what resembles a setting and is none is refused.</summary>
public sealed class SiloConfigurationTests
{
    [Fact]
    public void Every_setting_is_read()
    {
        var settings = Read(
            ("Role", "control"), ("Name", "c-1"), ("Cluster:Id", "lab"), ("Cluster:Membership", "Redis"), ("Cluster:Redis", "redis:6379"),
            ("Endpoints:Address", "10.0.0.7"), ("Endpoints:Http", "9090"), ("Blobs:AccountAddress", "https://account.blob.core.windows.net/"),
            ("Blobs:Azure:Concurrency", "8"),
            ("Worker:CacheBytes", "1000"), ("Detection:ProbeTimeout", "00:00:01"), ("Training:Drain", "00:01:00"), ("Retry:Crashes", "7"),
            ("Supervision:Audit", "00:10:00"), ("OrleansDashboard", "false"));
        Assert.False(settings.OrleansDashboard);
        Assert.Equal(
            (SiloRole.Control, "c-1", "lab", MembershipKind.Redis, "redis:6379"),
            (settings.Role, settings.Name, settings.Cluster.Id, settings.Cluster.Membership, settings.Cluster.Redis));
        Assert.Equal(("10.0.0.7", 11111, 9090), (settings.Endpoints.Address, settings.Endpoints.Silo, settings.Endpoints.Http));
        Assert.Equal(
            ("account.blob.core.windows.net", 8, 1000L),
            (settings.Blobs.AccountAddress!.Host, settings.Blobs.Azure.Concurrency, settings.Worker.CacheBytes));
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)), (settings.Detection.ProbeTimeout, settings.Training.Drain));
        Assert.Equal((7, TimeSpan.FromMinutes(10)), (settings.Retry.Crashes, settings.Supervision.Audit));
    }

    [Theory]
    [InlineData("Cluster:Rediss", "did you mean 'Cluster:Redis'?")]
    [InlineData("Training:Heartbeet", "did you mean 'Training:Heartbeat'?")]
    [InlineData("Blobs:Azure:BlockByte", "did you mean 'Blobs:Azure:BlockBytes'?")]
    [InlineData("Endpoints:Metrics", "it has Address, Silo, Gateway, Http.")]
    [InlineData("Trainings:Drain", "did you mean 'Training'?")]
    [InlineData("Rol", "did you mean 'Role'?")]
    [InlineData("Quota:Users", "there are Role, Name, Cluster,")]
    [InlineData("Quota", "there are Role, Name, Cluster,")]
    [InlineData("Slots", "did you mean 'Worker:Slots'?")]
    [InlineData("ACCELERATOR", "did you mean 'Worker:ACCELERATOR'?")]
    // Made from other settings, and so not to be set.
    [InlineData("Training:Devices:0:Name", "it has ")]
    [InlineData("Detection:WorstCase", "it has ")]
    public void A_key_that_is_no_setting_is_refused_with_the_one_that_was_meant(string key, string expected)
    {
        var problem = Assert.Throws<DisBackException>(() => Read((key, "1"))).Message;
        Assert.StartsWith("There is no setting '", problem, StringComparison.Ordinal);
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_variable_of_another_program_is_let_be() =>
        Assert.Equal(SiloRole.Both, Read(("Blobs:Folder", "/blobs"), ("ORACLES", "/oracles"), ("LIBTORCH", "/torch"), ("SUPERVISED", "1")).Role);

    [Fact]
    public void What_is_none_of_the_few_values_of_a_setting_is_refused_with_those() =>
        Assert.Equal(
            "Blobs:Azure:TransferValidation is 'sha1'; it is None, Md5, Crc64.",
            Assert.Throws<DisBackException>(() => Read(("Blobs:Azure:TransferValidation", "sha1"))).Message);

    [Theory]
    [InlineData("Endpoints:Silo", "eleven")]
    [InlineData("Training:Drain", "45 s")]
    [InlineData("Blobs:AccountAddress", "https://")]
    public void A_value_that_cannot_be_read_is_refused_with_its_name(string key, string value)
    {
        var problem = Assert.Throws<DisBackException>(() => Read((key, value))).Message;
        Assert.StartsWith("A setting cannot be read: ", problem, StringComparison.Ordinal);
        Assert.Contains($"'{key}'", problem, StringComparison.Ordinal);
        Assert.Contains(value, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_that_contradict_one_another_are_refused() =>
        Assert.Contains(
            "Cluster:Membership",
            Assert.Throws<DisBackException>(() => Read(("Blobs:Folder", "/blobs"), ("Role", "Worker"))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void The_command_line_is_over_the_variables_and_both_over_the_file()
    {
        // Only prefixed variables are settings: every machine has others.
        var variables = new Dictionary<string, string>
        {
            ["DISBACK_NAME"] = "variable",
            ["DISBACK_CLUSTER__ID"] = "variable",
            ["ROLE"] = "Boss",
            ["CLUSTER__ID"] = "unrelated",
            ["DISBACK_LOGGING__LOGLEVEL__DEFAULT"] = "Error",
            ["DISBACK_QUOTA"] = "of another program",
        };
        foreach (var (name, value) in variables)
        {
            Environment.SetEnvironmentVariable(name, value);
        }
        try
        {
            var configuration = new ConfigurationManager();
            StrictSettings.SetSources(configuration, ["--Cluster:Id", "argument", "--Blobs:Folder", "/blobs"]);
            var settings = SiloConfiguration.Read(configuration);
            Assert.Equal(("variable", "argument", SiloRole.Both), (settings.Name, settings.Cluster.Id, settings.Role));
            Assert.Equal(("Error", "Warning"), (configuration["Logging:LogLevel:Default"], configuration["Logging:LogLevel:Microsoft.AspNetCore"]));
        }
        finally
        {
            foreach (var name in variables.Keys)
            {
                Environment.SetEnvironmentVariable(name, null);
            }
        }
    }

    private static SiloSettings Read(params (string Key, string Value)[] settings) =>
        SiloConfiguration.Read(
            new ConfigurationBuilder().AddInMemoryCollection(settings.Select(one => KeyValuePair.Create(one.Key, (string?)one.Value))).Build());
}
