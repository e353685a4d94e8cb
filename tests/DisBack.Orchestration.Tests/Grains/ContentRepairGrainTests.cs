using System.Collections.Immutable;
using System.Net;
using DisBack.Contracts.Grains;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Orchestration.Tests.Grains;

/// <summary>Who is asked to put back what is damaged.</summary>
public sealed class ContentRepairGrainTests
{
    [Fact]
    public async Task A_worker_with_a_copy_is_asked_to_put_back_what_another_found_damaged()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        await ReportAsync(site, 1, damaged: ["aa", "zz"]);

        Assert.Equal(["aa"], await ReportAsync(site, 2, cached: ["aa", "bb"]));
        Assert.Empty(await ReportAsync(site, 3, cached: ["bb"]));
        // Once, because its copy may be damaged, too; and every other worker with a copy.
        Assert.Empty(await ReportAsync(site, 2, cached: ["aa", "bb"]));
        Assert.Equal(["aa"], await ReportAsync(site, 4, cached: ["aa"]));
    }

    [Fact]
    public async Task What_a_worker_of_an_older_version_tells_the_pool_is_repaired()
    {
        var passed = new DamagePassedOn();
        await using var site = await Site.OpenAsync(new ScriptedTraining(), services: services => services.AddSingleton<IIncomingGrainCallFilter>(passed));

        Assert.Empty(await site.Host.Grains.Pool().ReportAsync(new WorkerReport(Worker(1), "old", [], [], [], ["aa"])));

        // The pool does not wait for it to be passed on.
        await passed.Happened;
        Assert.Equal(["aa"], await ReportAsync(site, 2, cached: ["aa"]));
    }

    private static Task<ImmutableArray<string>> ReportAsync(
        Site site,
        int port,
        ImmutableArray<string>? damaged = null,
        ImmutableArray<string>? cached = null) =>
        site.Host.Grains.ContentRepair().ReportAsync(new ContentReport(Worker(port), damaged ?? [], cached ?? []));

    /// <summary>Notices that the grain has received a report of damage.</summary>
    private sealed class DamagePassedOn : IIncomingGrainCallFilter
    {
        private readonly TaskCompletionSource _happened = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Happened => _happened.Task.WaitAsync(TimeSpan.FromSeconds(30));

        public async Task Invoke(IIncomingGrainCallContext context)
        {
            await context.Invoke();
            if (context.Grain is IContentRepairGrain && context.Request.GetArgument(0) is ContentReport { Damaged.IsEmpty: false })
            {
                _happened.TrySetResult();
            }
        }
    }

    private static SiloAddress Worker(int port) => SiloAddress.New(IPAddress.Loopback, port, int.MaxValue);
}
