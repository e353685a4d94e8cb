using System.CommandLine;
using DisBack.Cli.Installations;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Gateway;

namespace DisBack.Cli.Commands;

/// <summary><c>disback up</c>: the data folder behind the same HTTP API as a cluster, in one process that also trains.</summary>
internal static class UpCommand
{
    private const string DefaultAddress = "127.0.0.1:8090";

    public static Command Create(Session session)
    {
        var address = new Option<string>("--address")
        {
            Description = "Where to listen; port 0 takes a free one.",
            HelpName = "ADDRESS:PORT",
            DefaultValueFactory = _ => DefaultAddress,
        };
        var tokens = new Option<string?>("--tokens")
        {
            Description = "File of tokens, as a gateway has it; without one every process of this machine is let in, and nobody else.",
            HelpName = "FILE",
        };
        var ahead = new Option<bool>("--tls-ahead")
        {
            Description = "A proxy in front does TLS, so that plain HTTP is right on other addresses than loopback.",
        };
        var notify = new Option<string?>("--notify")
        {
            Description = "File of rules of who is told when runs change; client/README.md shows one.",
            HelpName = "FILE",
        };
        var device = new Option<string>("--device")
        {
            Description = "The device that runs train on, as in hardware.device of a spec.",
            HelpName = "DEVICE",
            DefaultValueFactory = _ => "cpu",
        };
        var open = new Option<bool>("--open") { Description = "Open the page in a browser." };
        var command = new Command("up", "Serves the data folder over HTTP, as a gateway does a cluster, and trains what is submitted; unfinished runs go on.")
        {
            address, tokens, ahead, notify, device, open,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var endpoint = ListenAddress.Parse(parsed.GetRequiredValue(address), address.Name);
            await using var installation = Installation.Of(parsed, session);
            if (installation.Folder is not { } folder)
            {
                throw new DisBackException("A cluster has gateways of its own, and 'up' serves a data folder; leave out --cluster.");
            }
            var options = new EmbeddedGatewayOptions(folder.Path, endpoint)
            {
                Tokens = parsed.GetValue(tokens) is { } file ? UserPath.Expand(file) : null,
                TlsAhead = parsed.GetValue(ahead),
                Notifications = parsed.GetValue(notify) is { } rules ? UserPath.Expand(rules) : null,
                // Not where 'query' has its tables: one process at a time uses them, and this one stays.
                Scratch = Path.Combine(installation.CacheFolder, "gateway"),
            };
            options.Check();
            return (int)await ServeAsync(
                session, folder, options, parsed.GetRequiredValue(device), installation.TrustsCode, parsed.GetValue(open), cancellation);
        });
        return command;
    }

    private static async Task<ExitCode> ServeAsync(
        Session session,
        DataFolder folder,
        EmbeddedGatewayOptions options,
        string device,
        bool trustCode,
        bool opens,
        CancellationToken cancellation)
    {
        var silo = Installations.Silo.Take(folder, "disback up", device, trustCode, supervises: true);
        // Half a second of compilation each: silo and gateway start beside one another.
        var grains = Task.Run(
            async () =>
            {
                await silo.StartAsync(cancellation);
                return silo.Grains;
            },
            cancellation);
        try
        {
            await using var gateway = await EmbeddedGateway.StartAsync(options, grains, silo.Logs, cancellation);
            await grains;
            session.Screen.Line($"{folder.Path} is served at {gateway.Address}; 'disback --cluster {gateway.Address}' reaches it, Ctrl-C stops it.");
            if (opens)
            {
                Browser.Open(gateway.Address, session.Screen.Error);
            }
            var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using (cancellation.Register(stopped.SetResult))
            {
                await stopped.Task;
            }
            await session.Screen.Error.WriteLineAsync("Stopping each run after a checkpoint; Ctrl-C again stops at once. The next 'disback up' goes on.");
            // Requests first: what is submitted must still find the silo.
            await gateway.StopAsync();
        }
        finally
        {
            await ((Task)grains).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await silo.DisposeAsync();
        }
        return session.Signals.Received ?? ExitCode.Ok;
    }
}
