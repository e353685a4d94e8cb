using System.Net.Http.Headers;
using System.Text.Json;
using DisBack.Client;
using DisBack.Client.Http;
using DisBack.Contracts.Grains;
using DisBack.Gateway.Security;
using DisBack.Orchestration.Hosting;
using DisBack.Orchestration.Tests;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Experiments;
using DisBack.Specs.Files;
using DisBack.Specs.Networks;
using DisBack.Specs.Recording;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Gateway.Tests;

/// <summary>A data folder, the real silo of the one-process size in it unless it is left out, and real gateways on loopback.</summary>
internal sealed class GatewaySite : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _owned = [];
    private TimeProvider _time = TimeProvider.System;
    private EmbeddedHost? _silo;

    private GatewaySite()
    {
        Folder = Directory.CreateTempSubdirectory("disback-gateway-tests-").FullName;
        Tokens = Path.Combine(Folder, "tokens.json");
        Viewer = AddToken("viewer", Role.Viewer);
        Operator = AddToken("operator", Role.Operator);
    }

    public string Folder { get; }

    /// <summary>The tokens file.</summary>
    public string Tokens { get; }

    public string Viewer { get; }

    public string Operator { get; }

    public WebApplication Gateway { get; private set; } = null!;

    public Uri Address => new(Gateway.Urls.Single());

    /// <summary>What the folder itself says, past the gateway.</summary>
    public IArchive Archive => new DataFolder(Folder).Archive;

    /// <summary>A site without a silo whose gateways go by another clock.</summary>
    public static async Task<GatewaySite> OpenAsync(TimeProvider time, params string[] settings)
    {
        var site = new GatewaySite { _time = time };
        site.Gateway = await site.StartGatewayAsync(settings);
        return site;
    }

    public static async Task<GatewaySite> OpenAsync(ScriptedTraining? training = null, params string[] settings)
    {
        var site = new GatewaySite();
        if (training is not null)
        {
            site._silo = await EmbeddedHost.StartAsync(
                new EmbeddedOptions
                {
                    DataFolder = site.Folder,
                    Training = options => options.Heartbeat = TimeSpan.FromMilliseconds(50),
                    OrleansDashboard = true,
                },
                training);
        }
        site.Gateway = await site.StartGatewayAsync(settings);
        return site;
    }

    /// <summary>Starts one more gateway; the site ends it.</summary>
    public Task<WebApplication> StartGatewayAsync(params string[] settings) => StartGatewayAsync(_ => { }, settings);

    /// <summary>Starts one more gateway with other services; the site ends it.</summary>
    public async Task<WebApplication> StartGatewayAsync(Action<IServiceCollection> services, params string[] settings)
    {
        var gateway = GatewayHost.Build(
        [
            $"--Tokens:File={Tokens}", $"--Blobs:Folder={Folder}", "--Cluster:Id=embedded",
            $"--Endpoints:SiloGateway={new DataFolder(Folder).Owner?.Gateway ?? "127.0.0.1:1"}",
            "--Endpoints:Http=0", "--Logging:LogLevel:Default=None", "--Logging:LogLevel:Microsoft.AspNetCore=None",
            "--Logging:LogLevel:Microsoft.Hosting=None", "--Logging:LogLevel:Orleans=None", .. settings,
        ], own =>
        {
            own.AddSingleton(_time);
            services(own);
        });
        _owned.Add(gateway);
        await gateway.StartAsync();
        if (_silo is not null)
        {
            await gateway.Services.GetRequiredService<ClusterLink>().Connected;
        }
        return gateway;
    }

    /// <summary>Makes a token as the verb does, and returns it.</summary>
    public string AddToken(string name, Role role, DateTimeOffset? expires = null)
    {
        var token = TokenFile.NewToken();
        var entry = new TokenEntry(name, role, Convert.ToHexStringLower(TokenFile.Hash(token)), TimeProvider.System.GetUtcNow(), expires);
        TokenFile.Change(Tokens, tokens => [.. tokens, entry]);
        return token;
    }

    public HttpClient Http(string? token)
    {
        var http = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(1) }) { BaseAddress = Address };
        if (token is not null)
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        return http;
    }

    public ClusterClient Client(string? token = null, Action<string>? notice = null) => new(Address, token ?? Operator, notice);

    public static ExperimentSpec Spec(string name) => new()
    {
        Name = name,
        Teacher = "digits",
        Recording = new RecordingSettings { Steps = 40 },
        Backtracking = new DmdSettings { Steps = 40, Switching = new FixedInterval { Interval = 1 } },
        Checkpoints = new() { Every = 10 },
        Evaluation = new() { Reference = new() { Resolution = 14 } },
    };

    /// <summary>Submits a run through the gateway; its teacher is a header without weights, which is all that scripted training wants.</summary>
    public async Task<RunId> SubmitAsync(string name)
    {
        using var client = Client();
        return RunId.Trial(await client.SubmitAsync(Spec(name), await PutTeacherAsync(client)));
    }

    public static Task<ContentRef> PutTeacherAsync(ClusterClient client, string note = "") =>
        client.Content.PutAsync(BinaryData.FromBytes(Header(note)), TestContext.Current.CancellationToken);

    private static byte[] Header(string note)
    {
        var network = new SongUnetSettings { ImgResolution = 14, ImgChannels = 1, ChannelMult = [1], AttnResolutions = [] };
        var metadata = new Dictionary<string, string>(NetworkMetadata.Of(network)) { ["note"] = note };
        var json = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object> { [SafetensorsHeader.MetadataKey] = metadata });
        return [.. BitConverter.GetBytes((long)json.Length), .. json];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in _owned)
        {
            await owned.DisposeAsync();
        }
        if (_silo is not null)
        {
            await _silo.DisposeAsync();
        }
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (IOException)
        {
            // A silo that ends at once may still be writing the document of a sweep, which nobody waits for.
        }
    }
}
