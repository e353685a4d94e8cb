using System.Reflection;
using DisBack.Orchestration.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Dashboard;
using Orleans.Serialization.Invocation;

namespace DisBack.Orchestration.Tests.Hosting;

/// <summary>When the counters of a silo are read for Orleans' dashboard; <c>OrleansPageTests</c> of the gateway shows that a look brings them.</summary>
public sealed class CountersOnDemandTests
{
    private static readonly MethodInfo s_ofDashboard = typeof(DashboardOptions).GetProperty(nameof(DashboardOptions.HistoryLength))!.GetMethod!;
    private readonly List<Reader> _readers = [];

    [Fact]
    public async Task Counters_are_read_while_somebody_looks()
    {
        using var counters = new CountersOnDemand(Read);

        await counters.Invoke(Call("Enable", true));
        await counters.Invoke(Call("Enable", true));
        Assert.False(Assert.Single(_readers).Ended);

        await counters.Invoke(Call("Enable", false));
        Assert.True(Assert.Single(_readers).Ended);

        await counters.Invoke(Call("Enable", true));
        Assert.Equal([true, false], _readers.Select(reader => reader.Ended));
        counters.Dispose();
        Assert.Equal([true, true], _readers.Select(reader => reader.Ended));
    }

    [Fact]
    public async Task Other_calls_and_a_silo_that_ends_read_nothing()
    {
        var counters = new CountersOnDemand(Read);
        await counters.Invoke(Call("SetVersion", true));
        await counters.Invoke(Call("Enable", true, of: typeof(CountersOnDemandTests).GetMethod(nameof(Other_calls_and_a_silo_that_ends_read_nothing))));
        counters.Dispose();
        await counters.Invoke(Call("Enable", true));
        Assert.Empty(_readers);
    }

    [Fact]
    public async Task No_silo_reads_them_from_its_start_on()
    {
        var folder = Directory.CreateTempSubdirectory("disback-counters-").FullName;
        var options = new EmbeddedOptions { DataFolder = folder, OrleansDashboard = true };
        await using (var host = await EmbeddedHost.StartAsync(options, new ScriptedTraining(), TestContext.Current.CancellationToken))
        {
            IEnumerable<object> started =
                [.. host.Services.GetServices<IHostedService>(), .. host.Services.GetServices<ILifecycleParticipant<ISiloLifecycle>>()];
            var ofDashboard = Assert.Single(started, service => service.GetType().Assembly == typeof(DashboardOptions).Assembly);
            Assert.Contains("Profiler", ofDashboard.GetType().Name, StringComparison.Ordinal);
        }
        Directory.Delete(folder, recursive: true);
    }

    private static IIncomingGrainCallContext Call(string method, bool argument, MethodInfo? of = null)
    {
        var request = Stub.Of<IInvokable>(call => call == nameof(IInvokable.GetArgument) ? argument : null);
        return Stub.Of<IIncomingGrainCallContext>(call => call switch
        {
            nameof(IIncomingGrainCallContext.Invoke) => Task.CompletedTask,
            "get_MethodName" => method,
            "get_ImplementationMethod" => of ?? s_ofDashboard,
            "get_Request" => request,
            _ => null,
        });
    }

    private Reader Read()
    {
        _readers.Add(new());
        return _readers[^1];
    }

    private sealed class Reader : IDisposable
    {
        public bool Ended { get; private set; }

        public void Dispose() => Ended = true;
    }

    /// <summary>An interface whose members answer by their names.</summary>
    public class Stub : DispatchProxy
    {
        private Func<string, object?> _answer = null!;

        public static T Of<T>(Func<string, object?> answer)
            where T : class
        {
            var stub = Create<T, Stub>();
            ((Stub)(object)stub)._answer = answer;
            return stub;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _answer(targetMethod!.Name);
    }
}
