using System.CommandLine;
using System.Globalization;
using DisBack.Client;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Noise;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Noise;
using DisBack.Specs.Recording;
using static TorchSharp.torch;

namespace DisBack.Benchmarks.Science;

/// <summary>
/// Whether the shipped teacher knows samples: the slope of the noise that was added on the noise it finds, on the digits and on what the untrained student
/// makes, and the part of the student's samples that it and the nodes of stage 1 know, by what each host hears.
/// </summary>
internal static class CalibrationBenchmark
{
    private const int Samples = 512, RecordedBatch = 32, RecordedSteps = 16;

    private static readonly double[] s_sigmas = [0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2, 4, 8];

    private static readonly LogNormalNoise[] s_laws =
        [new() { Mean = -1.2, Std = 1.2 }, new() { Mean = -2, Std = 1 }, new() { Mean = -3, Std = 0.8 }];

    public static Command Create()
    {
        var sigmaInit = new Option<double>("--sigma-init") { DefaultValueFactory = _ => 2.5, Description = "The noise level that the student is given." };
        var command = new Command("calibration", "What the shipped teacher and the nodes of stage 1 know of the untrained student's samples.") { sigmaInit };
        command.SetAction(parsed =>
        {
            using var folder = new TestKit.TemporaryFolder();
            var file = Path.Combine(folder.Path, "teacher.safetensors");
            using (var shipped = TeacherLibrary.OpenShipped("digits"))
            using (var copy = File.Create(file))
            {
                shipped.CopyTo(copy);
            }
            var inputs = new StageInputs(
                () => NetworkFile.Open(file), () => new DenoiserGenerator(NetworkFile.Open(file), parsed.GetValue(sigmaInit)), new RandomStreams(0), CPU);
            Slopes(inputs);
            foreach (var law in s_laws)
            {
                Parts(inputs, law);
            }
        });
        return command;
    }

    private static void Slopes(StageInputs inputs)
    {
        using var scope = NewDisposeScope();
        using var teacher = inputs.OpenTeacher();
        using var student = inputs.OpenStudent();
        teacher.eval();
        student.Network.eval();
        using var digits = ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Digits, Resolution = 14 });
        var (real, classes) = digits.Batch(inputs.Streams, 0, Samples);
        var draw = inputs.DrawsFor("calibration", teacher, student).At(0, s_laws[0], Samples);
        using var untracked = no_grad();
        var made = student.Generate(draw.Latents, draw.Condition);
        Figures.Print(
            "Mean slope of the noise added on the noise found by the teacher",
            [.. s_sigmas.Select(sigma => (
                string.Create(CultureInfo.InvariantCulture, $"sigma {sigma}: the digits, the untrained student"),
                $"{Slope(real, new ClassCondition(classes!), sigma)}, {Slope(made, draw.Condition, sigma)}"))]);

        string Slope(Tensor images, Condition? condition, double level)
        {
            var sigma = full([images.shape[0], 1, 1, 1], level, float32);
            var noisy = images + sigma * draw.Noise;
            return Text(NoiseCalibration.Slopes(noisy, teacher.forward(noisy, sigma, condition), sigma, draw.Noise).mean().item<float>());
        }
    }

    private static void Parts(StageInputs inputs, LogNormalNoise law)
    {
        using var scope = NewDisposeScope();
        using var network = inputs.OpenTeacher();
        using var student = inputs.OpenStudent();
        network.eval();
        student.Network.eval();
        var draw = inputs.DrawsFor("calibration", network, student).At(0, law, Samples);
        using var probe = new StudentProbe(student, draw);
        (string Host, HostSignal Signal)[] hosts =
        [
            ("dmd", new DmdSettings { Noise = law }.Signal), ("diff-instruct", new DiffInstructSettings { Noise = law }.Signal),
            ("vsd", new VsdSettings { Noise = law }.Signal), ("plain Eq. (8)", new ScoreSettings { Noise = law }.Signal),
        ];
        var rows = new List<(string, string)>();
        var recording = new RecordingSettings { Steps = RecordedSteps, Batch = RecordedBatch, Noise = law, Nodes = new LogSpaced { First = 1, Ratio = 2 } };
        using var run = new DegradationRecording(inputs, recording);
        var nodes = new Nodes(node =>
        {
            using (no_grad())
            {
                foreach (var ((_, value), (_, recorded)) in NetworkFile.TensorsOf(network).Zip(node.Tensors))
                {
                    value.copy_(recorded);
                }
            }
            rows.Add(($"after {node.Step} steps", string.Join(", ", hosts.Select(host => Text(probe.Calibration(network, host.Signal))))));
        });
        run.Begin(nodes);
        while (run.Step < run.Steps)
        {
            run.Advance(nodes);
        }
        var names = string.Join(", ", hosts.Select(host => host.Host));
        Figures.Print(string.Create(CultureInfo.InvariantCulture, $"Part of the samples known, log-normal {law.Mean}, {law.Std}: {names}"), [.. rows]);
    }

    private static string Text(double value) => value.ToString("f2", CultureInfo.InvariantCulture);

    private sealed class Nodes(Action<RecordedNode> recorded) : ITrainingListener
    {
        public void Measured(IReadOnlyList<Measurement> measurements)
        {
        }

        public void Reached(Milestone milestone)
        {
            if (RecordedNode.Of(milestone) is { } node)
            {
                recorded(node);
            }
        }

        public void ArtifactMade(string name, Action<Stream> write)
        {
        }

        public Action CheckpointDue(long step, RunState state) => () => { };
    }
}
