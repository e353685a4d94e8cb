using DisBack.Client;
using DisBack.Contracts.Grains;
using DisBack.Distillation.Generators;
using DisBack.Orchestration.Hosting;
using DisBack.Orchestration.Training;
using DisBack.Specs.Experiments;
using DisBack.Storage.Blobs;
using DisBack.Storage.Content;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.TestKit.Silos;

/// <summary>What comes of experiments where nothing goes wrong: one silo in this process, a folder of blobs, no cluster.</summary>
public static class FaultFreeRun
{
    /// <summary>On a machine that is busy with faults it may take minutes.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan s_perTrial = TimeSpan.FromMinutes(0.5);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    /// <summary>The digests of the students, in the order of the experiments.</summary>
    /// <param name="specs">Makes the experiments of <see cref="TinyExperiment"/>'s teacher.</param>
    /// <param name="slots">How many run at once.</param>
    public static async Task<IReadOnlyList<string>> StudentsAsync(Func<ContentRef, IEnumerable<ExperimentSpec>> specs, int slots = 2)
    {
        using var limit = new CancellationTokenSource(s_timeout);
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder, slots);
        var teacher = await TinyExperiment.PutTeacherAsync(host.Services.GetRequiredService<ContentStore>());
        var control = new GrainControl(host.Grains);
        return await Task.WhenAll(specs(teacher).Select(async spec =>
        {
            var trial = host.Grains.GetGrain<ITrialGrain>(await control.SubmitAsync(spec, teacher));
            await TestCluster.CompletedAsync(trial, limit.Token);
            return (await trial.GetAsync()).Run.Artifacts[StudentFile.Name].Content.Digest;
        }));
    }

    /// <summary>What comes of a sweep.</summary>
    public static async Task<SweepOutcome> SweepAsync(TinySweep sweep)
    {
        using var limit = new CancellationTokenSource(s_timeout + sweep.Trials * s_perTrial);
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder, slots: 2);
        var teacher = await TinyExperiment.PutTeacherAsync(host.Services.GetRequiredService<ContentStore>());
        var id = await new GrainControl(host.Grains).SubmitSweepAsync(sweep.Submission("expected", teacher), limit.Token);
        while (true)
        {
            if ((await SweepOutcome.FindAsync(host.Services.GetRequiredService<IBlobStore>(), id)).Outcome is { } outcome)
            {
                return outcome;
            }
            await Task.Delay(s_pause, limit.Token);
        }
    }

    private static Task<EmbeddedHost> StartAsync(TemporaryFolder folder, int slots) => EmbeddedHost.StartAsync(
        new EmbeddedOptions
        {
            DataFolder = folder.Path,
            Training = training => training.Devices.Add(new Accelerator(0, "cpu", "cpu", slots)),
        },
        new SpecTrainingFactory());
}
