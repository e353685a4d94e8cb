using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Scheduling;
using DisBack.Orchestration.Sweeps;
using DisBack.Specs.Sweeps;
using DisBack.Storage.Blobs;
using DisBack.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace DisBack.Benchmarks;

/// <summary>
/// What many trials that wait cost a control silo: in their sweep before they are proposed and after it, and in the queue of the pool. What comes to the queue
/// has been through the serializer of Orleans, as calls from other silos are.
/// </summary>
internal static class WaitingBenchmark
{
    public static Command Create()
    {
        var trials = new Option<int>("--trials") { DefaultValueFactory = _ => 100_000, Description = "How many trials." };
        var nodes = new Option<int>("--nodes") { DefaultValueFactory = _ => 17, Description = "Nodes of the trajectory that each of them reads." };
        var command = new Command("waiting", "Memory of trials that wait, in a sweep and in the queue for slots.") { trials, nodes };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(trials), parsed.GetValue(nodes)));
        return command;
    }

    private static async Task RunAsync(int trials, int nodes)
    {
        using var folder = new TemporaryFolder();
        var blobs = new FolderBlobStore(folder.Path);
        var spec = SweepPlan.Parse(Spec(trials), "sweep.yaml").Canonical;
        var document = new SweepDocument { Id = "many-00000000", Name = "many", Spec = spec, TrialCount = trials };

        var before = Figures.Memory();
        var search = await SweepSearch.OpenAsync(document, blobs);
        await search.ProposeAsync(DateTimeOffset.UtcNow);
        var unproposed = Figures.Memory() - before;

        before = Figures.Memory();
        var pages = new SweepPages(blobs, document.Id);
        var plan = new Dictionary<string, double>(search.Trials[0].Point, StringComparer.Ordinal);
        for (var trial = 0; trial < trials; trial++)
        {
            pages.Add(new SweepTrial
            {
                Ordinal = trial,
                Point = plan.ToImmutableSortedDictionary(axis => axis.Key, axis => axis.Value + trial, StringComparer.Ordinal),
                Status = RunStatus.Completed,
                Value = trial,
            });
        }
        var proposed = Figures.Memory() - before;

        var serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();
        var queue = new SlotQueue(TimeProvider.System);
        before = Figures.Memory();
        for (var trial = 0; trial < trials; trial++)
        {
            var request = new SlotRequest(
                RunKind.Backtracking,
                GrainKeys.Trial(document.Id, trial),
                "cpu",
                [.. Enumerable.Range(0, nodes).Select(node => GrainKeys.Digest($"node {node}"))]);
            queue.Put(serializer.Deserialize<SlotRequest>(serializer.SerializeToArray(request))!, "All 16 cpu slots are in use.");
        }
        var queued = Figures.Memory() - before;
        GC.KeepAlive(search);
        GC.KeepAlive(pages);
        GC.KeepAlive(queue);

        Figures.Print(
            $"{trials} trials that wait",
            ("in their sweep, not proposed yet", Each(unproposed)),
            ("in their sweep, proposed or ended", Each(proposed)),
            ($"in the queue for slots, on one trajectory of {nodes} nodes", Each(queued)));

        string Each(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / trials:f0} bytes each");
    }

    private static string Spec(int trials) => $$"""
        name: many
        teacher: digits
        search:
          sampler: random
          trials: {{trials}}
          max_concurrent: 4
          space:
            backtracking.generator.learning_rate: { low: 1.0e-4, high: 1.0e-2, log: true }
            backtracking.fake.learning_rate: { low: 1.0e-4, high: 1.0e-2, log: true }
            seed: [0, 1, 2]
        """;
}
