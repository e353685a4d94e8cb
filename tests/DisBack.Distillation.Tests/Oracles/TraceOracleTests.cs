using System.Globalization;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Hosts;
using DisBack.Distillation.Hosts.ScoreMatching;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Noise;
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

        using (var recording = new DegradationRecording(trace.InputsOf("stage1"), trace.Recording))
        {
            TrainingLoop.Run(recording, new CheckpointSettings(), nodes, CancellationToken.None);
        }

        trace.AssertCurve("stage1.loss", nodes.Measurements, "loss/degradation");
        for (var i = 1; i < nodes.Count; i++)
        {
            trace.AssertWeights($"stage1.node{i}.", nodes[i].Select(entry => (entry.Key, entry.Value)));
        }

        Assert.DoesNotContain(oracle.Entries.Keys, key => key.StartsWith($"stage1.node{nodes.Count}.", StringComparison.Ordinal));

        var listener = new RecordingListener();
        var targets = new List<long>();
        using var run = new DistributionBacktracking(trace.InputsOf("stage2"), nodes, trace.Backtracking, evaluation: null, data: null, trace.OpenHost);
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
        trace.AssertWeights("stage2.generator.", trace.Students[^1].ToFile().Tensors);
        trace.AssertWeights("stage2.fake.", ((ScoreMatchingHost)run.Host).FakeScore.State());
    }

    /// <summary>The difference of the denoisers as it is, which no host of the registry pushes in this order of updates.</summary>
    private sealed class DenoiserHost(HostContext context, ScoreMatchingSettings settings) : ScoreMatchingHost(context, settings)
    {
        protected override Tensor Gradient(Tensor difference, Tensor residual, Tensor sigma) => difference;
    }

    /// <summary>The draws that a trace gives for every step.</summary>
    private sealed class TracedDraws(SafetensorsFile oracle, string stage) : IDraws
    {
        public Draw At(long step, NoiseLaw law, long batch, string? purpose = null)
        {
            return new Draw(Of("z")!, Of("sigma")!, Of("eps")!, Of("class_labels") is { } oneHot ? new ClassCondition(oneHot) : null);

            Tensor? Of(string name) => oracle.Entries.ContainsKey($"{stage}.{name}") ? oracle.Read($"{stage}.{name}")[step] : null;
        }
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

        public List<IGenerator> Students { get; } = [];

        public BacktrackingSettings Backtracking { get; } = HostOf(oracle) with
        {
            Steps = (int)Number(oracle, "stage2_iterations"),
            Batch = (int)Number(oracle, "batch"),
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

        public StageInputs InputsOf(string stage)
        {
            return new StageInputs(OpenTeacher, OpenStudent, new RandomStreams(0), CPU) { Draws = new TracedDraws(oracle, stage) };

            DenoiserGenerator OpenStudent()
            {
                var student = new DenoiserGenerator(OpenTeacher(), SigmaInit);
                Students.Add(student);
                return student;
            }
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

        public IDistillationHost OpenHost(HostContext context) => oracle.Metadata["generator_gradient"] == "denoiser"
            ? new DenoiserHost(context, (ScoreMatchingSettings)context.Settings)
            : HostRegistry.Create(context);

        private static ScoreMatchingSettings HostOf(SafetensorsFile oracle) => oracle.Metadata["generator_gradient"] switch
        {
            "denoiser" or "dmd" => new DmdSettings(),
            "score" => new ScoreSettings(),
            var other => throw new InvalidDataException($"{oracle.Path} names an unknown generator gradient '{other}'."),
        };

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
