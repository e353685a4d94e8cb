using System.Globalization;
using System.Net;
using System.Security.Claims;
using System.Threading.RateLimiting;
using DisBack.Client;
using DisBack.Client.Http;
using DisBack.Contracts.Hosting;
using DisBack.Gateway.Checks;
using DisBack.Gateway.Configuration;
using DisBack.Gateway.Diagnostics;
using DisBack.Gateway.Endpoints;
using DisBack.Gateway.Failures;
using DisBack.Gateway.Notifications;
using DisBack.Gateway.Pages;
using DisBack.Gateway.Security;
using DisBack.Gateway.Watching;
using DisBack.ReadModel;
using DisBack.Storage.Blobs;
using DisBack.Storage.Content;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Constraints;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DisBack.Gateway;

/// <summary>The gateway as a process: who may ask above, the archive and the cluster below, the paths between.</summary>
internal static class GatewayHost
{
    /// <summary>Watchers are sent away at once, so what is left are requests of an instant and transfers that can be resumed.</summary>
    internal static readonly TimeSpan Farewell = TimeSpan.FromSeconds(10);

    private const long RequestBufferBytes = 128 << 10;

    /// <summary>Checks of specs that a token may ask for, for each submission.</summary>
    private const int ChecksPerSubmission = 4;

    /// <summary>Submissions that may wait for each one that is worked on.</summary>
    private const int SubmissionsInQueue = 8;

    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellation)
    {
        await using var gateway = Build(arguments);
        await gateway.RunAsync(cancellation);
        return ExitCodes.Stopped;
    }

    /// <summary>The gateway of a cluster, ready to be started.</summary>
    public static WebApplication Build(string[] arguments, Action<IServiceCollection>? services = null) => Build(
        builder =>
        {
            StrictSettings.SetSources(builder.Configuration, arguments);
            builder.Logging.ClearProviders().AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, "O"));
            builder.Services.AddSingleton<ClusterLink>();
            builder.Services.AddHostedService(provider => provider.GetRequiredService<ClusterLink>());
            builder.Services.AddTransient(provider => provider.GetRequiredService<ClusterLink>().Grains);
            builder.Services.AddTransient(provider => provider.GetRequiredService<ClusterLink>().Control);
            builder.Services.AddSingleton(
                provider => new FeedHub(() => provider.GetRequiredService<ClusterLink>().Control, provider.GetRequiredService<TimeProvider>()));
            services?.Invoke(builder.Services);
        },
        Admission.Tokens);

    /// <summary>A gateway, ready to be started.</summary>
    /// <param name="prepare">
    /// Says where the settings come from and where logs go, and brings the grains, an <see cref="IGrainFactory"/>, and what controls the runs, an
    /// <see cref="IControl"/>.
    /// </param>
    /// <param name="admission">Who is let in.</param>
    public static WebApplication Build(Action<WebApplicationBuilder> prepare, Admission admission)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddSingleton(TimeProvider.System);
        prepare(builder);
        var settings = GatewayConfiguration.Read(builder.Configuration);

        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = settings.Limits.DocumentBytes;
            kestrel.Limits.MaxConcurrentConnections = settings.Limits.Connections;
            // What a connection sends before anybody reads it is held in memory, a mebibyte of it unless told otherwise.
            kestrel.Limits.MaxRequestBufferSize = RequestBufferBytes;
            if (!builder.Configuration.GetSection(GatewayConfiguration.KestrelEndpoints).GetChildren().Any())
            {
                kestrel.Listen(IPAddress.Parse(settings.Endpoints.Address), settings.Endpoints.Http);
            }
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Farewell);
        builder.AddObservability(settings);
        AddServices(builder.Services, builder.Configuration, settings);
        AddAdmission(builder.Services, admission);
        if (settings.Notifications.File is { Length: > 0 } rules)
        {
            AddNotifications(builder.Services, NotificationFile.Read(rules));
        }

        var gateway = builder.Build();
        // Refused now rather than at the first request.
        if (admission == Admission.Tokens)
        {
            gateway.Services.GetRequiredService<TokenBook>();
        }
        gateway.Services.GetRequiredService<IBlobStore>();
        Use(gateway, settings, admission);
        return gateway;
    }

    private static void AddServices(IServiceCollection services, ConfigurationManager configuration, GatewaySettings settings)
    {
        services.AddSingleton(settings);
        services.AddBlobStore(blobs => configuration.GetSection(nameof(GatewaySettings.Blobs)).Bind(blobs));
        services.AddSingleton(
            provider => new BlobArchive(provider.GetRequiredService<IBlobStore>(), settings.Limits.ListAge, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new DocumentReadModel(
            provider.GetRequiredService<IBlobStore>(),
            settings.Scratch is { Length: > 0 } scratch ? Path.Combine(Path.GetFullPath(scratch), "tables") : null,
            settings.Limits.ListAge,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ContentParts>();
        services.AddSingleton<Scratch>();
        services.AddSingleton<OwnPage>();
        services.AddSingleton<SpecChecker>();
        services.AddSingleton<TableFeed>();
        services.AddOrleansPages(configuration);

        services.Configure<RouteOptions>(routes => routes.SetParameterPolicy<RegexInlineRouteConstraint>("regex"));
        // Over TLS as well: no answer holds a secret beside what its reader may choose, by whose length it could be guessed. Streams of events are of none of
        // these types, for a compressor would hold them back.
        services.AddResponseCompression(compression =>
        {
            compression.EnableForHttps = true;
            compression.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "application/problem+json", SchemaEndpoints.ContentType, "image/svg+xml"];
        });
        services.AddOpenApi(ApiDescription.Name, ApiDescription.Configure);
        services.AddProblemDetails();
        services.AddExceptionHandler<Problems>();
        services.ConfigureHttpJsonOptions(json =>
        {
            var (to, from) = (json.SerializerOptions, Api.Json);
            (to.PropertyNamingPolicy, to.NumberHandling, to.Encoder, to.AllowOutOfOrderMetadataProperties) = (from.PropertyNamingPolicy, from
                .NumberHandling, from.Encoder, from.AllowOutOfOrderMetadataProperties);
            foreach (var converter in from.Converters)
            {
                to.Converters.Add(converter);
            }
        });

        services.AddRateLimiter(limits =>
        {
            // Each is a text in memory, its tree and a spec: a million tokens may submit, but not at once.
            limits.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, bool>(context => HoldsSpec(context)
                ? RateLimitPartition.GetConcurrencyLimiter(
                    true,
                    _ => new ConcurrencyLimiterOptions
                    {
                        PermitLimit = settings.Limits.SubmitsAtOnce,
                        QueueLimit = SubmissionsInQueue * settings.Limits.SubmitsAtOnce,
                    })
                : RateLimitPartition.GetNoLimiter(false));
            limits.AddPolicy(ApiEndpoints.Submissions, context => InAMinute(UserOf(context), settings.Limits.SubmitsPerMinute));
            limits.AddPolicy(ApiEndpoints.Checks, context => InAMinute(UserOf(context), ChecksPerSubmission * settings.Limits.SubmitsPerMinute));
            // Nobody is known yet. Tokens cannot be guessed, so what this bounds is work.
            limits.AddPolicy(SessionEndpoints.Policy, context => InAMinute($"{context.Connection.RemoteIpAddress}", SessionEndpoints.PerMinute));
            limits.OnRejected = async (rejected, _) =>
            {
                if (!rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait))
                {
                    rejected.HttpContext.Response.Headers.RetryAfter = "1";
                    await Problems.WriteAsync(rejected.HttpContext, StatusCodes.Status503ServiceUnavailable, "The gateway has more submissions than it can "
                        + "work on; wait a second and try again.");
                    return;
                }
                rejected.HttpContext.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
                await Problems.WriteAsync(rejected.HttpContext, StatusCodes.Status429TooManyRequests, PolicyOf(rejected.HttpContext) switch
                {
                    SessionEndpoints.Policy => $"An address may begin {SessionEndpoints.PerMinute} sessions in a minute; wait a moment and try again.",
                    ApiEndpoints.Checks => $"A token may have {ChecksPerSubmission * settings.Limits.SubmitsPerMinute} specs checked in a minute; wait a "
                        + "moment and try again.",
                    _ => $"A token may submit {settings.Limits.SubmitsPerMinute} times in a minute; wait a moment and try again.",
                });
            };
        });

        static RateLimitPartition<string> InAMinute(string who, int most) => RateLimitPartition.GetFixedWindowLimiter(
            who, _ => new FixedWindowRateLimiterOptions { PermitLimit = most, Window = TimeSpan.FromMinutes(1) });

        static string UserOf(HttpContext context) => context.User.FindFirstValue(ClaimTypes.Name) ?? "";
    }

    private static void AddAdmission(IServiceCollection services, Admission admission)
    {
        if (admission == Admission.ThisMachine)
        {
            services.AddAuthentication(LocalAuthentication.Name).AddScheme<AuthenticationSchemeOptions, LocalAuthentication>(LocalAuthentication.Name, null);
        }
        else
        {
            services.AddSingleton<TokenBook>();
            services.AddAuthentication(TokenAuthentication.Name).AddScheme<AuthenticationSchemeOptions, TokenAuthentication>(TokenAuthentication.Name, null);
        }
        services.AddAuthorizationBuilder()
            .AddPolicy(TokenAuthentication.Operator, policy => policy.RequireRole(TokenAuthentication.Operator))
            // Whatever is not declared open needs to be let in, also what does not exist.
            .AddFallbackPolicy(TokenAuthentication.Viewer, policy => policy.RequireRole(TokenAuthentication.Viewer, TokenAuthentication.Operator));
    }

    private static void AddNotifications(IServiceCollection services, IReadOnlyList<Rule> rules)
    {
        services.TryAddSingleton(new NotificationPace());
        services.AddSingleton(rules);
        services.AddHostedService<Notifier>();
    }

    private static bool HoldsSpec(HttpContext context) => PolicyOf(context) is ApiEndpoints.Submissions or ApiEndpoints.Checks;

    private static string? PolicyOf(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<EnableRateLimitingAttribute>()?.PolicyName;

    private static void Use(WebApplication gateway, GatewaySettings settings, Admission admission)
    {
        gateway.Use((context, next) =>
        {
            // When the response starts: what handles failures begins by clearing the headers.
            context.Response.OnStarting(() =>
            {
                var headers = context.Response.Headers;
                headers.XContentTypeOptions = "nosniff";
                if (headers.ContentSecurityPolicy.Count == 0)
                {
                    headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
                }
                headers["Referrer-Policy"] = "no-referrer";
                if (headers.CacheControl.Count == 0)
                {
                    headers.CacheControl = "no-store";
                }
                if (gateway.Services.GetRequiredService<OwnPage>().IsSecure(context.Request))
                {
                    headers.StrictTransportSecurity = "max-age=31536000";
                }
                return Task.CompletedTask;
            });
            return next(context);
        });
        gateway.UseResponseCompression();
        gateway.UseExceptionHandler();
        gateway.UseStatusCodePages();
        gateway.UseRouting();
        gateway.UseUnknownPages();
        gateway.UseAuthentication();
        gateway.UseAuthorization();
        if (admission == Admission.Tokens)
        {
            // Whoever is alone on a machine needs no limits, and their two timers would fire every tenth of a second beside what trains there.
            gateway.UseRateLimiter();
        }
        gateway.UseEntityTags();

        gateway.MapGet("/health/live", () => Results.Ok()).AllowAnonymous();
        // Without a silo that has answered there is nobody to control the runs, and asking for him says so.
        gateway.MapGet("/health/ready", (IControl _) => Results.Ok()).AllowAnonymous();
        gateway.MapPrometheusScrapingEndpoint("/metrics");
        gateway.MapOpenApi(ApiDescription.Path);
        gateway.MapApi(settings, admission);
        gateway.MapPages();
        gateway.MapOrleansPages();
    }
}
