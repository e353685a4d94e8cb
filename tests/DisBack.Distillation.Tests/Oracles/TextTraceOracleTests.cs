using System.Globalization;
using System.Text.Json.Nodes;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Diffusion.Schedules;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Hosts.Dmd2;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Networks;
using DisBack.Specs.Noise;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Oracles;

/// <summary>
/// DisBack on DMD2 with SDXL's UNet in miniature agrees with traces that independent code computed with the noise of every iteration given: losses to 1e-4
/// relative, targets exactly, weights of nodes, generator and fake score to 3e-5 absolute, of which the median moves by 6e-4 and more.
/// </summary>
public sealed class TextTraceOracleTests
{
    private const double Tolerance = 3e-5;

    [Theory]
    [InlineData("trace-dmd2.safetensors")]
    [InlineData("trace-dmd2-gan.safetensors")]
    public void Both_stages_follow_the_trace(string name)
    {
        using var oracle = SafetensorsFile.Open(OracleFiles.PathOf("sdxl", name));
        var trace = new Trace(oracle);
        using var nodes = new MemoryNodes(trace.OpenTeacher);

        using (var recording = new DegradationRecording(trace.InputsOf("stage1"), trace.Recording, data: trace.RealOf("stage1")))
        {
            trace.SetClassifier(recording.Critic);
            TrainingLoop.Run(recording, new CheckpointSettings(), nodes, CancellationToken.None);
        }

        trace.AssertCurve("stage1.loss_fake", nodes.Measurements, "loss/degradation");
        trace.AssertCurve("stage1.guidance_cls_loss", nodes.Measurements, "loss/discriminator");
        trace.AssertWeights("node1.", nodes[1]);
        Assert.Equal(3, nodes.Count - 1);
        for (var node = 1; node < nodes.Count; node++)
        {
            trace.AssertDigest($"node{node}", nodes[node]);
        }

        var listener = new RecordingListener();
        var targets = new List<double>();
        using var run = new DistributionBacktracking(trace.InputsOf("stage2"), nodes, trace.Backtracking, data: trace.RealOf("stage2"));
        var critic = ((Dmd2Host)run.Host).Critic;
        trace.SetClassifier(critic);
        while (run.Step < run.Steps)
        {
            // The trace counts from the last node.
            targets.Add(nodes.Count - 1 - run.TargetIndex);
            run.Advance(listener);
        }

        listener.Measured(run.ReadMeasurements());
        trace.AssertCurve("stage2.loss_fake", listener.Measurements, "loss/fake");
        trace.AssertCurve("stage2.guidance_cls_loss", listener.Measurements, "loss/discriminator");
        trace.AssertCurve("stage2.gen_cls_loss", listener.Measurements, "loss/generator_gan");
        Assert.Equal(trace.Numbers("stage2.target_index"), targets);
        AssertFinal("generator", trace.Students[^1].ToFile().Tensors);
        AssertFinal("fake", NetworkFile.TensorsOf(critic.Score));

        void AssertFinal(string network, IEnumerable<(string Name, Tensor Value)> tensors)
        {
            var weights = tensors.ToDictionary(entry => entry.Name, entry => entry.Value);
            trace.AssertWeights($"final.{network}.", weights);
            trace.AssertDigest(network, weights);
        }
    }

    /// <summary>The draws that a trace gives for every step, by their purpose.</summary>
    private sealed class TracedDraws(SafetensorsFile oracle, string stage, DiscreteVpSchedule schedule) : IDraws
    {
        public Draw At(long step, NoiseLaw law, long batch, string? purpose = null)
        {
            var drawn = (purpose, stage) switch
            {
                (null, "stage1") or ("fake", _) => "fake",
                (null, _) => "dm",
                ("generated", _) => "cls_fake",
                ("gan", _) => "cls_gen",
                ("real", _) => "cls_real",
                _ => "fake",
            };
            var samples = (int)Math.Min(batch, 2);
            var times = Of($"{drawn}_t").data<long>().ToArray();
            var sigma = tensor(times.Select(time => (float)schedule.SigmaAt((int)time)).ToArray()).view(-1, 1, 1, 1);
            return new Draw(Of("z"), sigma, Of($"{drawn}_eps"), Texts(oracle, stage, step, ""));

            Tensor Of(string name) => oracle.Read($"{stage}.{name}")[step].narrow(0, 0, samples);
        }
    }

    /// <summary>The real latents that a trace gives for every step.</summary>
    private sealed class TracedSamples(SafetensorsFile oracle, string stage, SampleShape shape) : IRealSamples
    {
        public SampleShape Shape => shape;

        public int Classes => 0;

        public (Tensor Samples, Condition? Condition) Batch(long step, long size) => (oracle.Read($"{stage}.real")[step], Texts(oracle, stage, step, "real_"));

        public void Dispose()
        {
        }
    }

    private static EmbeddingCondition Texts(SafetensorsFile oracle, string stage, long step, string prefix) => new(new Dictionary<string, Tensor>
    {
        ["encoder_hidden_states"] = oracle.Read($"{stage}.{prefix}context")[step],
        ["text_embeds"] = oracle.Read($"{stage}.{prefix}text_embeds")[step],
    });

    private sealed class Trace(SafetensorsFile oracle)
    {
        private readonly bool _hasDiscriminator = bool.Parse(oracle.Metadata["gan"]);

        public List<IGenerator> Students { get; } = [];

        public RecordingSettings Recording => new()
        {
            Steps = (int)Number("stage1_iterations"),
            Batch = (int)Number("batch"),
            Optimizer = Adam("lr_degradation"),
            Noise = new ScaledLinearNoise(),
            Nodes = new EveryInterval { Interval = (int)Number("stage1_interval") },
            Loss = LossReduction.Mean,
            GanWeight = _hasDiscriminator ? Number("guidance_cls_loss_weight") : 0,
        };

        public Dmd2Settings Backtracking => new()
        {
            Steps = (int)Number("stage2_iterations"),
            Batch = (int)Number("batch"),
            FakeUpdatesPerGeneratorUpdate = (int)Number("fake_updates_per_generator_update"),
            Generator = Adam("lr_generator"),
            Fake = Adam("lr_fake"),
            Noise = new ScaledLinearNoise { First = 20, Last = 980 },
            FakeNoise = new ScaledLinearNoise(),
            Guidance = new GuidanceSettings { Scale = Number("guidance_scale"), Along = GuidanceSchedule.Constant },
            Switching = new FixedInterval { Interval = (int)Number("stage2_interval") },
            FakeGanWeight = _hasDiscriminator ? Number("guidance_cls_loss_weight") : 0,
            GeneratorGanWeight = _hasDiscriminator ? Number("gen_cls_loss_weight") : 0,
            CollapseThreshold = 0,
        };

        private TextUnetSettings Network
        {
            get
            {
                var config = JsonNode.Parse(oracle.Metadata["arguments"])!;
                int[] channels = Ints("block_out_channels"), heads = Ints("attention_head_dim"), depths = Ints("transformer_layers_per_block");
                return new()
                {
                    SampleSize = (int)Number("latent"),
                    Levels = [.. channels.Select((width, level) => new TextUnetLevel(width, heads[level], level == 0 ? 0 : depths[level]))],
                    MiddleDepth = depths[^1],
                    ContextWidth = (int)config["cross_attention_dim"]!,
                    TimeIdWidth = (int)config["addition_time_embed_dim"]!,
                    PooledWidth = (int)config["projection_class_embeddings_input_dim"]! - (6 * (int)config["addition_time_embed_dim"]!),
                    NormGroups = (int)config["norm_num_groups"]!,
                };

                int[] Ints(string key) => [.. config[key]!.AsArray().Select(value => (int)value!)];
            }
        }

        public Denoiser OpenTeacher()
        {
            using var init = new Generator(0);
            var network = Denoiser.Create(Network, init);
            using var scope = NewDisposeScope();
            StrictLoading.Load(oracle, NetworkFile.TensorsOf(network), "teacher.");
            return network;
        }

        public StageInputs InputsOf(string stage)
        {
            using var teacher = OpenTeacher();
            var table = (DiscreteVpSchedule)teacher.Schedule;
            return new StageInputs(OpenTeacher, OpenStudent, new RandomStreams(0), CPU) { Draws = new TracedDraws(oracle, stage, table) };

            IGenerator OpenStudent()
            {
                var student = FirstStudent.Open(new StudentSettings { Timesteps = [(int)Number("conditioning_timestep")] }, 0, OpenTeacher, CPU);
                Students.Add(student);
                return student;
            }
        }

        public TracedSamples? RealOf(string stage) => _hasDiscriminator ? new(oracle, stage, Network.Shape) : null;

        /// <summary>Gives the discriminator the first weights of the trace.</summary>
        public void SetClassifier(Critic critic)
        {
            if (!_hasDiscriminator)
            {
                return;
            }
            using var scope = NewDisposeScope();
            using var untracked = no_grad();
            var parameters = critic.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter);
            foreach (var (own, theirs) in new[]
            {
                ("layer0.conv", "0"), ("layer0.norm", "1"), ("layer1.conv", "3"), ("layer1.norm", "4"), ("logit", "6"),
            })
            {
                parameters[$"discriminator.{own}.weight"].copy_(oracle.Read($"classifier.{theirs}.weight"));
                parameters[$"discriminator.{own}.bias"].copy_(oracle.Read($"classifier.{theirs}.bias"));
            }
        }

        public double[] Numbers(string tensor)
        {
            using var read = oracle.Read(tensor);
            return [.. read.flatten().data<double>()];
        }

        public void AssertCurve(string tensor, IEnumerable<Measurement> measurements, string name)
        {
            double[] expected = oracle.Entries.ContainsKey(tensor) ? Numbers(tensor) : [];
            var actual = measurements.Where(point => point.Name == name).Select(point => point.Value).ToArray();
            Assert.Equal(expected.Length, actual.Length);
            var scale = expected.Select(Math.Abs).Append(0).Max();
            Assert.All(expected.Zip(actual), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-4 * scale));
        }

        public void AssertWeights(string prefix, IReadOnlyDictionary<string, Tensor> actual)
        {
            foreach (var key in oracle.Entries.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal) && !key.Contains(".classifier.")))
            {
                using var scope = NewDisposeScope();
                var error = (oracle.Read(key) - actual[key[prefix.Length..]]).abs().max().item<float>();
                Assert.True(error <= Tolerance, $"{key} differs by {error:g3}");
            }
        }

        /// <summary>The sum of every parameter, and its norm.</summary>
        public void AssertDigest(string network, IReadOnlyDictionary<string, Tensor> actual)
        {
            var expected = Numbers($"digest.{network}");
            var names = oracle.Entries.Keys.Where(key => key.StartsWith("teacher.", StringComparison.Ordinal)).Select(key => key["teacher.".Length..]).ToList();
            Assert.Equal(names.Count, actual.Count);
            for (var i = 0; i < names.Count; i++)
            {
                using var scope = NewDisposeScope();
                var value = actual[names[i]].to(float64);
                var allowed = Tolerance * value.numel();
                Assert.True(Math.Abs(value.norm().item<double>() - expected[2 * i]) <= Tolerance * Math.Sqrt(value.numel()), $"norm of {network}.{names[i]}");
                Assert.True(Math.Abs(value.sum().item<double>() - expected[(2 * i) + 1]) <= allowed, $"sum of {network}.{names[i]}");
            }
        }

        private double Number(string key) => double.Parse(oracle.Metadata[key], CultureInfo.InvariantCulture);

        private OptimizerSettings Adam(string rate) => new()
        {
            LearningRate = Number(rate),
            Betas = [0.9, 0.999],
            Epsilon = Number("adam_eps"),
            WeightDecay = 0.01,
            ClipNorm = Number("max_grad_norm"),
            WarmupIterations = (int)Number("warmup_step"),
        };
    }
}
