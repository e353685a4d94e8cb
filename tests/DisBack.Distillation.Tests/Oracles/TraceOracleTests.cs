using System.Globalization;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Hosts;
using DisBack.Distillation.Hosts.ScoreMatching;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Oracles;

/// <summary>
/// Complete runs of stage 1 and stage 2 agree with traces that independent code computed with the noise of every iteration given: losses to 1e-4
/// relative, the target index exactly, and all weights at the end to 1e-4 absolute.
/// </summary>
public sealed class TraceOracleTests
{
    public static TheoryData<string> Traces => new(OracleFiles.Of("disback"));

    [Theory]
    [MemberData(nameof(Traces))]
    public void Both_stages_follow_the_trace(string path)
    {
        using var oracle = SafetensorsFile.Open(path);
        var trace = new Trace(oracle);
        using var nodes = new MemoryNodes(trace.OpenTeacher);

        using (var recording = new DegradationRecording(trace.OpenTeacher, trace.Recording, trace.SigmaInit, _ => step => trace.DrawOf("stage1", step)))
        {
            TrainingLoop.Drive(recording, new CheckpointSettings(), nodes, CancellationToken.None);
        }

        trace.AssertCurve("stage1.loss", nodes.Measurements, "loss/degradation");
        for (var i = 1; i < nodes.Count; i++)
        {
            trace.AssertWeights($"stage1.node{i}.", nodes[i].Select(entry => (entry.Key, entry.Value)));
        }

        Assert.DoesNotContain(oracle.Entries.Keys, key => key.StartsWith($"stage1.node{nodes.Count}.", StringComparison.Ordinal));

        var listener = new RecordingListener();
        var targets = new List<long>();
        using var run = new DistributionBacktracking(
            trace.OpenTeacher,
            nodes,
            trace.Backtracking,
            trace.SigmaInit,
            _ => step => trace.DrawOf("stage2", step),
            evaluation: null,
            HostRegistry.Create);
        while (run.Step < run.Steps)
        {
            targets.Add(nodes.Count - 1 - run.TargetIndex);
            run.Advance(listener);
        }

        listener.Measured(run.ReadMeasurements());
        trace.AssertCurve("stage2.fake_loss", listener.Measurements, "loss/fake");
        trace.AssertCurve("stage2.generator_loss", listener.Measurements, "loss/generator");
        using var expectedTargets = oracle.Read("stage2.target_index");
        Assert.Equal(expectedTargets.data<long>().ToArray(), targets);
        trace.AssertWeights("stage2.generator.", run.Generator.Network.State());
        trace.AssertWeights("stage2.fake.", ((ScoreMatchingHost)run.Host).FakeScore.State());
    }

    private sealed class Trace(SafetensorsFile oracle)
    {
        public double SigmaInit { get; } = Number(oracle, "sigma_init");

        public RecordingSettings Recording { get; } = new()
        {
            Steps = (int)Number(oracle, "stage1_iterations"),
            Batch = (int)Number(oracle, "batch"),
            Optimizer = Adam(oracle, "lr_degradation"),
            Nodes = new EveryInterval { Interval = (int)Number(oracle, "stage1_interval") },
        };

        public BacktrackingSettings Backtracking { get; } = new()
        {
            Steps = (int)Number(oracle, "stage2_iterations"),
            Batch = (int)Number(oracle, "batch"),
            Host = oracle.Metadata["generator_gradient"] switch
            {
                "denoiser" => HostMethod.DiffInstruct,
                "dmd" => HostMethod.Dmd,
                "score" => HostMethod.Score,
                var other => throw new InvalidDataException($"{oracle.Path} names an unknown generator gradient '{other}'."),
            },
            FakeUpdatesPerGeneratorUpdate = (int)Number(oracle, "fake_updates_per_generator_update"),
            Generator = Adam(oracle, "lr_generator"),
            Fake = Adam(oracle, "lr_fake"),
            Switching = new FixedInterval { Interval = (int)Number(oracle, "stage2_interval") },
            CollapseThreshold = 0,
        };

        public Denoiser OpenTeacher()
        {
            using var init = new Generator(0);
            var network = Denoiser.Create(OracleFiles.Settings(oracle.Metadata), init);
            using var scope = NewDisposeScope();
            StrictLoading.Load(oracle, NetworkFile.TensorsOf(network), "teacher.");
            return network;
        }

        public Draw DrawOf(string stage, long step)
        {
            return new Draw(At("z")!, At("sigma")!, At("eps")!, At("class_labels"));

            Tensor? At(string name) => oracle.Entries.ContainsKey($"{stage}.{name}") ? oracle.Read($"{stage}.{name}")[step] : null;
        }

        public void AssertCurve(string tensor, IEnumerable<Measurement> measurements, string name)
        {
            using var read = oracle.Read(tensor);
            var expected = read.data<double>().ToArray();
            var actual = measurements.Where(point => point.Name == name).Select(point => point.Value).ToArray();
            Assert.Equal(expected.Length, actual.Length);
            var scale = expected.Max(Math.Abs);
            Assert.All(expected.Zip(actual), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-4 * scale));
        }

        public void AssertWeights(string prefix, IEnumerable<(string Name, Tensor Value)> actual)
        {
            foreach (var (name, value) in actual)
            {
                using var scope = NewDisposeScope();
                var error = (oracle.Read(prefix + name) - value).abs().max().item<float>();
                Assert.True(error <= 1e-4, $"{prefix}{name} differs by {error:g3}");
            }
        }

        private static double Number(SafetensorsFile oracle, string key) => double.Parse(oracle.Metadata[key], CultureInfo.InvariantCulture);

        // "Adam betas (0.9, 0.999) eps 1e-4"
        private static OptimizerSettings Adam(SafetensorsFile oracle, string rate)
        {
            var numbers = oracle.Metadata["optimizer"].Split([' ', '(', ')', ','], StringSplitOptions.RemoveEmptyEntries);
            return new OptimizerSettings
            {
                LearningRate = Number(oracle, rate),
                Betas = [double.Parse(numbers[2], CultureInfo.InvariantCulture), double.Parse(numbers[3], CultureInfo.InvariantCulture)],
                Epsilon = double.Parse(numbers[5], CultureInfo.InvariantCulture),
            };
        }
    }
}
