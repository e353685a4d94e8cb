using Azure.Storage.Blobs;
using DisBack.Gateway;
using DisBack.Orchestration.Placement;
using DisBack.TestKit.Processes;

namespace DisBack.Silo.Tests.Infra;

/// <summary>The compose file agrees with itself and with the code it runs.</summary>
public sealed class ComposeTests
{
    private static readonly ComposeFile s_file = ComposeFile.Read(new Dictionary<string, string> { ["REDIS_PASSWORD"] = "00ff", ["AZURITE_KEY"] = "AAAA" });

    private static IEnumerable<ComposeFile.Service> Ours =>
        s_file.Services.Values.Where(service => service.Image.StartsWith("disback-", StringComparison.Ordinal));

    private static Dictionary<string, ComposeFile.Service> Silos =>
        s_file.Services.Where(service => service.Value.Image.StartsWith("disback-silo:", StringComparison.Ordinal)).ToDictionary();

    [Fact]
    public void The_secrets_have_no_default()
    {
        foreach (var secret in new[] { "REDIS_PASSWORD", "AZURITE_KEY" })
        {
            var other = secret == "AZURITE_KEY" ? "REDIS_PASSWORD" : "AZURITE_KEY";
            var error = Assert.Throws<InvalidOperationException>(() => ComposeFile.Read(new Dictionary<string, string> { [other] = "x" }));
            Assert.Contains(secret, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Silos_accept_their_settings_and_survive_one_of_them()
    {
        Assert.All(Silos, silo =>
        {
            var settings = SettingsOf(silo.Value);
            Assert.Equal(silo.Key, silo.Value.Hostname);
            Assert.Equal(silo.Key, settings.Endpoints.Address);
            Assert.StartsWith($"{settings.Role}-", silo.Key, StringComparison.OrdinalIgnoreCase);
            Assert.Contains(Supervisor.Flag, silo.Value.Command);
        });
        Assert.Equal(3, Silos.Values.Count(silo => SettingsOf(silo).Role == SiloRole.Control));
        Assert.Equal(2, Silos.Values.Count(silo => SettingsOf(silo).Role == SiloRole.Worker));
    }

    [Fact]
    public void Only_the_http_gateway_is_reached_from_outside_and_only_from_this_machine()
    {
        var (name, gateway) = Assert.Single(s_file.Services, service => service.Value.Ports.Count > 0);
        Assert.Equal("gateway", name);
        Assert.Equal([$"127.0.0.1:8090:{Dockerfile.OfImage(gateway.Image).Ports.Single()}"], gateway.Ports);
        Assert.True(s_file.Networks["private"].Internal);
        Assert.All(s_file.Services, service => Assert.Equal(service.Key == "gateway" ? ["private", "public"] : new[] { "private" }, service.Value.Networks));
    }

    [Fact]
    public void Silos_may_end_in_good_order_and_are_started_again()
    {
        Assert.All(Silos.Values, silo =>
        {
            var stop = ContainerSettings.LongestStop(SettingsOf(silo));
            Assert.True(
                silo.StopGrace >= stop + TimeSpan.FromSeconds(10),
                $"A silo is killed after {silo.StopGrace}, but drains and says goodbye for up to {stop}.");
            // A refused configuration would be tried for ever by any other policy.
            Assert.Matches("^on-failure:[1-9]$", silo.Restart);
        });
        Assert.All(s_file.Services.Values.Except(Silos.Values), service => Assert.Matches("^(unless-stopped|on-failure:[1-9])$", service.Restart));
    }

    [Fact]
    public void Our_containers_have_no_rights_and_write_to_volumes_of_their_own()
    {
        Assert.All(Ours, service =>
        {
            Assert.True(service.ReadOnly);
            Assert.Equal(["ALL"], service.CapDrop);
            Assert.Equal(["no-new-privileges:true"], service.SecurityOpt);
            Assert.Contains(Path.GetTempPath().TrimEnd('/'), service.Tmpfs);
        });
        Assert.All(Ours.GroupBy(service => service.Image), image =>
        {
            // Two builds of one image at a time collide.
            var build = Assert.Single(image, service => service.Build is not null).Build!;
            Assert.True(File.Exists(Tree.PathOf(build.Dockerfile)));
            Assert.Equal(Dockerfile.OfImage(image.Key).Path, Tree.PathOf(build.Dockerfile));
            Assert.Equal(Tree.Root, Path.GetFullPath(Path.Combine(Tree.PathOf("infra/compose"), build.Context)));
        });
        Assert.All(Silos.Values.Where(silo => SettingsOf(silo).Role == SiloRole.Worker), silo =>
        {
            var settings = SettingsOf(silo);
            Assert.All(
                [settings.ScratchFolder, settings.CacheFolder],
                folder => Assert.True(ContainerSettings.IsBelow(folder, silo.Volumes.Select(volume => volume.Split(':')[1]))));
        });
        var named = s_file.Services.Values.SelectMany(service => service.Volumes).Select(volume => volume.Split(':')[0]).Where(source => source[0] != '.')
            .ToList();
        // Each is declared, and each is of one container.
        Assert.Equal(s_file.Volumes.Keys.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_gateway_accepts_its_settings_and_has_what_they_name()
    {
        var gateway = s_file.Services["gateway"];
        var settings = ContainerSettings.ReadGateway(Dockerfile.OfImage(gateway.Image).Environment.Concat(gateway.Environment));
        Assert.Equal(Dockerfile.OfImage(gateway.Image).Ports.Single(), settings.Endpoints.Http);
        var silo = SettingsOf(Silos.Values.First());
        Assert.Equal(
            (silo.Cluster.Id, silo.Cluster.Redis, silo.Blobs.ConnectionString, silo.Blobs.Container),
            (settings.Cluster.Id, settings.Cluster.Redis, settings.Blobs.ConnectionString, settings.Blobs.Container));
        var folders = gateway.Volumes.Select(volume => volume.Split(':')[1]).ToList();
        Assert.Contains(Path.GetDirectoryName(settings.Tokens.File), folders);
        Assert.Contains(settings.Scratch, folders);
        Assert.True(gateway.StopGrace >= GatewayHost.Farewell + TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Redis_runs_with_the_one_configuration_where_the_silos_look_for_it()
    {
        var (redis, configuration) = (s_file.Services["redis"], RedisConfiguration.Read());
        Assert.Equal(["redis-server", "/etc/redis/redis.conf", "--dir", redis.Volumes[1].Split(':')[1], "--requirepass", "00ff"], redis.Command);
        Assert.Equal("../redis/redis.conf:/etc/redis/redis.conf:ro", redis.Volumes[0]);
        Assert.True(File.Exists(Path.Combine(Tree.PathOf("infra/compose"), redis.Volumes[0].Split(':')[0])));
        Assert.All(Silos.Values, silo => Assert.Equal($"redis:{configuration.Port},password=00ff", SettingsOf(silo).Cluster.Redis));
    }

    [Fact]
    public void Azurite_is_where_the_silos_look_for_it()
    {
        var azurite = s_file.Services["azurite"];
        Assert.Equal(azurite.Volumes[0].Split(':')[1], azurite.Command[azurite.Command.IndexOf("--location") + 1]);
        // The version that the tests of the storage run against.
        Assert.Contains($"\"azurite\": \"{azurite.Image.Split(':')[1]}\"", Tree.Read("tests/azurite/package.json"), StringComparison.Ordinal);
        Assert.Contains("--skipApiVersionCheck", azurite.Command);
        Assert.All(Silos.Values, silo =>
        {
            var client = new BlobContainerClient(SettingsOf(silo).Blobs.ConnectionString, "disback");
            Assert.Equal(("azurite", azurite.Command[azurite.Command.IndexOf("--blobPort") + 1]), (client.Uri.Host, $"{client.Uri.Port}"));
            Assert.Equal(azurite.Environment["AZURITE_ACCOUNTS"], $"{client.AccountName}:AAAA");
        });
    }

    [Fact]
    public void Whoever_waits_for_another_waits_for_its_health() => Assert.All(s_file.Services.Values.SelectMany(service => service.DependsOn), wait =>
    {
        Assert.Equal("service_healthy", wait.Value.Condition);
        Assert.NotNull(s_file.Services[wait.Key].Healthcheck);
    });

    [Fact]
    public void Our_health_is_asked_where_the_code_answers() => Assert.All(Ours, service =>
    {
        var http = service.Image.StartsWith("disback-silo:", StringComparison.Ordinal)
            ? SettingsOf(service).Endpoints.Http
            : Dockerfile.OfImage(service.Image).Ports.Single();
        Assert.Contains($"/dev/tcp/127.0.0.1/{http} ", service.Healthcheck!.Test[^1], StringComparison.Ordinal);
        Assert.Contains($"GET {SiloHost.ReadyPath} HTTP/1.0", service.Healthcheck.Test[^1], StringComparison.Ordinal);
    });

    /// <summary>The command that asks a silo for its health, on another port.</summary>
    internal static async Task<int> HealthAsync(int port)
    {
        var silo = Silos.Values.First();
        var test = silo.Healthcheck!.Test;
        await using var check = ChildProcess.Start(
            test[1],
            [.. test.Skip(2).Select(word => word.Replace($"/{SettingsOf(silo).Endpoints.Http} ", $"/{port} ", StringComparison.Ordinal))]);
        return await check.EndsAsync();
    }

    private static SiloSettings SettingsOf(ComposeFile.Service silo) =>
        ContainerSettings.Read(Dockerfile.OfImage(silo.Image).Environment.Concat(silo.Environment));
}
