using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using System.Text;
using System.Text.Json;
using DisBack.Client;
using DisBack.Client.Http;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Fuzz.Inputs;
using DisBack.Gateway;
using DisBack.Gateway.Notifications;
using DisBack.Gateway.Security;
using DisBack.Specs.Reading;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace DisBack.Fuzz.Readers;

/// <summary>The bodies of requests, read by a gateway in this process. No silo answers it, so what it accepts ends with "unavailable".</summary>
internal static class GatewayReaders
{
    private const int QuickShare = 40;

    private const string Rules = """
        dashboard: https://example.org/disback
        rules:
          - name: chat
            url: https://example.org/hook
            secret_file: secret
            on: [failed, completed]
          - { name: b, url: 'http://127.0.0.1:1', secret_file: secret, of: [runs], on: [paused], where: "fid < 5 and param.seed in (1, 2)" }
        """;

    public static IEnumerable<Reader> All =>
    [
        new Reader("http-submission", 1, Submissions, TextMutation.Of, folder => Requests(folder, HttpMethod.Post, "runs")),
        new Reader("http-registration", 1, Registrations, TextMutation.Of, folder => Requests(folder, HttpMethod.Put, "teachers/fuzz")),
        new Reader("http-training", 1, Trainings, TextMutation.Of, folder => Requests(folder, HttpMethod.Post, "teachers/fuzz/train")),
        new Reader("http-model", 1, Models, TextMutation.Of, folder => Requests(folder, HttpMethod.Put, "models/fuzz")),
        new Reader("http-drawing", 1, Drawings, TextMutation.Of, folder => Requests(folder, HttpMethod.Post, "drawings")),
        new Reader("notification-rules", QuickShare, () => [Encoding.UTF8.GetBytes(Rules)], TextMutation.Of, Notifications),
    ];

    private static Action<byte[]> Notifications(string folder)
    {
        File.WriteAllText(Path.Combine(folder, "secret"), new string('s', 40));
        return bytes => NotificationFile.Parse(bytes, Path.Combine(folder, "notifications.yaml"));
    }

    private static Action<byte[]> Requests(string folder, HttpMethod method, string path)
    {
        var tokens = Path.Combine(folder, "tokens.json");
        var token = TokenFile.NewToken();
        TokenFile.Change(tokens, _ => [new TokenEntry("fuzz", Role.Operator, Convert.ToHexStringLower(TokenFile.Hash(token)), DateTimeOffset.UnixEpoch)]);
        var defects = new Defects();
        var gateway = GatewayHost.Build(
        [
            $"--Tokens:File={tokens}", $"--Blobs:Folder={folder}", "--Cluster:Id=fuzz", "--Endpoints:SiloGateway=127.0.0.1:1", "--Endpoints:Http=0",
            "--Limits:SubmitsPerMinute=1000000000", "--Logging:LogLevel:Default=None", "--Logging:LogLevel:Microsoft.AspNetCore=None",
            "--Logging:LogLevel:Microsoft.Hosting=None", "--Logging:LogLevel:Orleans=None", "--Logging:LogLevel:DisBack=Error",
        ], services => services.RemoveAll<ILoggerProvider>().AddSingleton<ILoggerProvider>(defects)
            .AddSingleton(DispatchProxy.Create<IControl, Unavailable>()));
        gateway.StartAsync().GetAwaiter().GetResult();
        var http = new HttpClient { BaseAddress = new Uri($"{gateway.Urls.Single()}/{Api.Prefix}/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(TokenAuthentication.Name, token);
        return bytes =>
        {
            using var content = new ByteArrayContent(bytes);
            content.Headers.ContentType = new MediaTypeHeaderValue(
                bytes is [(byte)'{', ..] || method == HttpMethod.Put ? "application/json" : "application/yaml");
            using var request = new HttpRequestMessage(method, path) { Content = content };
            using var response = http.SendAsync(request).GetAwaiter().GetResult();
            if (response.StatusCode == HttpStatusCode.InternalServerError)
            {
                throw new InvalidOperationException("The gateway answered 500.", defects.Last);
            }
            if (response.StatusCode != HttpStatusCode.ServiceUnavailable)
            {
                throw new DisBackException(response.ReasonPhrase ?? "");
            }
        };
    }

    private static IReadOnlyList<byte[]> Submissions() =>
    [
        Encoding.UTF8.GetBytes(SpecYaml.Write(SpecReaders.Experiment with { Data = null, Student = new() })),
        JsonSerializer.SerializeToUtf8Bytes(new Submission(SpecJson.Canonical(SpecReaders.Experiment), new ContentRef(new string('a', 64), 1)), Api.Json),
    ];

    private static IReadOnlyList<byte[]> Trainings() =>
    [
        Encoding.UTF8.GetBytes(SpecYaml.Write(SpecReaders.Teacher)),
        JsonSerializer.SerializeToUtf8Bytes(new Submission(SpecJson.Canonical(SpecReaders.Teacher)), Api.Json),
    ];

    /// <summary>Nothing is stored under the digest, so the gateway refuses it, behind everything that it reads.</summary>
    private static IReadOnlyList<byte[]> Registrations() =>
        [JsonSerializer.SerializeToUtf8Bytes(new TeacherRegistration(new ContentRef(new string('a', 64), 1), "{}", "here"), Api.Json)];

    private static IReadOnlyList<byte[]> Models() =>
        [.. DocumentReaders.Goldens(DocumentNames.Model).Select(golden => JsonSerializer.SerializeToUtf8Bytes(
            JsonSerializer.Deserialize<ModelDocument>(golden, Api.Json)!.Manifest, Api.Json))];

    private static IReadOnlyList<byte[]> Drawings() =>
        [.. DocumentReaders.Goldens(DocumentNames.Drawing).Select(golden => JsonSerializer.SerializeToUtf8Bytes(
            new DrawingSubmission(JsonSerializer.Deserialize<DrawingDocument>(golden, Api.Json)!.Request), Api.Json))];

    /// <summary>Commands that come to a cluster which does not answer: what they say has been read by then.</summary>
    [SuppressMessage("Performance", "CA1852", Justification = "The proxy derives from it.")]
    private class Unavailable : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => throw new ClusterUnavailableException("No silo is there.");
    }

    /// <summary>Keeps the exception of the latest answer 500, whose body says nothing of it.</summary>
    private sealed class Defects : ILoggerProvider, ILogger
    {
        public Exception? Last { get; private set; }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Last = exception ?? Last;

        public void Dispose()
        {
        }
    }
}
