using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Diffusion.Files;
using DisBack.Distillation.Generators;
using DisBack.Orchestration.Hosting;
using DisBack.Orchestration.Training;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using DisBack.Storage.Content;
using Microsoft.Extensions.DependencyInjection;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Tests.Training;

/// <summary>The real method through the whole orchestration, with networks so small that only the path matters.</summary>
public sealed class SpecTrainingFactoryTests
{
    private static readonly SongUnetSettings s_network = new()
    {
        ImgResolution = 8, ImgChannels = 1, LabelDim = 10, ModelChannels = 8, ChannelMult = [1], NumBlocks = 1, AttnResolutions = [], Dropout = 0,
    };

    private static readonly DatasetSettings s_digits = new() { Source = DatasetSource.Digits, Resolution = 8 };

    private static readonly SongUnetSettings s_smaller = s_network with { NumBlocks = 0 };

    public static TheoryData<StudentSettings> Students => [new StudentSettings(), new StudentSettings { Network = s_smaller }];

    [Theory, MemberData(nameof(Students), DisableDiscoveryEnumeration = true)]
    public async Task A_teacher_is_trained_and_distilled_and_an_interrupted_student_has_the_same_bytes(StudentSettings student)
    {
        var whole = await DistilAsync(student, stops: 0);
        var interrupted = await DistilAsync(student, stops: 2);

        Assert.Equal(whole.Student, interrupted.Student);
        Assert.True(interrupted.Attempts > 1);
    }

    /// <summary>The network is told no texts, so this shows that they are read and let go where a run trains, and not what they do.</summary>
    [Fact]
    public async Task Prompts_and_latents_are_read_where_a_run_trains()
    {
        var folder = Directory.CreateTempSubdirectory("disback-prompts-").FullName;
        var host = await EmbeddedHost.StartAsync(
            new EmbeddedOptions { DataFolder = folder }, new SpecTrainingFactory(), TestContext.Current.CancellationToken);
        try
        {
            var grain = host.Grains.GetGrain<ITeacherGrain>("tiny");
            await grain.TrainAsync(SpecJson.Canonical(new TeacherSpec
            {
                Name = "tiny",
                Network = s_network with { LabelDim = 0 },
                Data = s_digits,
                Training = new TeacherTrainingSettings { Steps = 1, Batch = 8 },
                Hardware = new HardwareSettings { Threads = 1 },
            }));
            await Site.UntilAsync(grain, RunStatus.Completed);
            var (teacher, contents) = ((await grain.GetAsync()).Weights!, host.Services.GetRequiredService<ContentStore>());
            var prompts = await StoreAsync(contents, folder, 5);
            var latents = await StoreAsync(contents, folder, 3, (DatasetFacts.Latents, zeros(3, 1, 8, 8)));
            var spec = new ExperimentSpec
            {
                Name = "prompts",
                Teacher = teacher.Digest,
                Conditions = prompts.Name,
                Data = new DatasetSettings { Source = DatasetSource.Latents, Path = latents.Name },
                Recording = new RecordingSettings { Steps = 2, Batch = 4, Nodes = new EveryInterval { Interval = 2 } },
                Backtracking = new Dmd2Settings { Steps = 4, Batch = 4, Switching = new FixedInterval { Interval = 2 }, CollapseThreshold = 0 },
                Evaluation = new EvaluationSettings { Every = 0, Samples = 20, FinalSamples = 20, Reference = s_digits },
                Hardware = new HardwareSettings { Threads = 1 },
            };

            await EndsAsync(host, teacher, spec, RunStatus.Completed);
            var refused = await EndsAsync(host, teacher, spec with { Conditions = teacher.Name }, RunStatus.Failed);
            Assert.Contains("is no file of embedded prompts", refused.Reason, StringComparison.Ordinal);
            refused = await EndsAsync(
                host, teacher, spec with { Data = new DatasetSettings { Source = DatasetSource.Latents, Path = prompts.Name } }, RunStatus.Failed);
            Assert.Contains("is no file of square latents", refused.Reason, StringComparison.Ordinal);
        }
        finally
        {
            await host.DisposeAsync();
            await Site.DeleteAsync(folder);
        }
    }

    private static async Task<RunUpdate> EndsAsync(EmbeddedHost host, ContentRef teacher, ExperimentSpec spec, RunStatus status)
    {
        var text = SpecJson.Canonical(spec);
        var id = GrainKeys.Sweep(spec.Name, text);
        await host.Grains.GetGrain<ISweepGrain>(id).SubmitAsync(new SweepSubmission(spec.Name, text, teacher));
        return await Site.UntilAsync(host.Grains.GetGrain<ITrialGrain>(GrainKeys.Trial(id, 0)), status);
    }

    /// <summary>Stores embeddings of so many texts, and what else belongs to each.</summary>
    private static async Task<ContentRef> StoreAsync(ContentStore contents, string folder, int count, params (string, Tensor)[] others)
    {
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder, "texts.safetensors");
        SafetensorsFile.Write(path, [(EmbeddingFacts.Sequence, ones(count, 7, 4)), (EmbeddingFacts.Pooled, ones(count, 3)), .. others]);
        return await contents.PutAsync(path, consume: true, cancellation: TestContext.Current.CancellationToken);
    }

    private static async Task<(string Student, int Attempts)> DistilAsync(StudentSettings settings, int stops)
    {
        var folder = Directory.CreateTempSubdirectory("disback-distil-").FullName;
        var options = new EmbeddedOptions { DataFolder = folder, Training = training => training.Heartbeat = TimeSpan.FromMilliseconds(50) };
        var host = await EmbeddedHost.StartAsync(options, new SpecTrainingFactory(), TestContext.Current.CancellationToken);
        try
        {
            var teacher = host.Grains.GetGrain<ITeacherGrain>("tiny");
            await teacher.TrainAsync(SpecJson.Canonical(new TeacherSpec
            {
                Name = "tiny",
                Network = s_network,
                Data = s_digits,
                Training = new TeacherTrainingSettings { Steps = 4, Batch = 8 },
                Evaluation = new EvaluationSettings { Every = 2, Samples = 20, FinalSamples = 20, Reference = s_digits },
                Hardware = new HardwareSettings { Threads = 1 },
            }));
            await Site.UntilAsync(teacher, RunStatus.Completed);
            var trained = await teacher.GetAsync();
            Assert.Equal((2L, 4L), (trained.Run.Latest["fid/quick"].Step, trained.Run.Latest["fid"].Step));
            Assert.True(trained.Run.Artifacts.ContainsKey("strips/0000004.png"));
            var weights = trained.Weights!;

            var spec = SpecJson.Canonical(new ExperimentSpec
            {
                Name = "tiny",
                Teacher = weights.Digest,
                Student = settings,
                Data = s_digits,
                Recording = new RecordingSettings { Steps = 6, Batch = 4, Nodes = new EveryInterval { Interval = 2 } },
                Backtracking = new DmdSettings { Steps = 12, Batch = 4, Switching = new FixedInterval { Interval = 3 }, CollapseThreshold = 0 },
                Checkpoints = new CheckpointSettings { Every = 2, Keep = 2 },
                Evaluation = new EvaluationSettings { Every = 0, Samples = 20, FinalSamples = 20, Reference = s_digits },
                Hardware = new HardwareSettings { Threads = 1 },
            });
            var id = GrainKeys.Sweep("tiny", spec);
            for (var stop = 0; ; stop++)
            {
                await host.Grains.GetGrain<ISweepGrain>(id).SubmitAsync(new SweepSubmission("tiny", spec, weights));
                var trial = host.Grains.GetGrain<ITrialGrain>(GrainKeys.Trial(id, 0));
                if (stop == stops)
                {
                    await Site.UntilAsync(trial, RunStatus.Completed);
                    var document = await trial.GetAsync();
                    var student = document.Run.Artifacts[StudentFile.Name].Content;
                    await host.Services.GetRequiredService<ContentStore>().VerifyAsync(student, TestContext.Current.CancellationToken);
                    using var file = SafetensorsFile.Open(host.Services.GetRequiredService<ContentStore>().LocalPathOf(student)!);
                    Assert.Equal((settings.Network ?? s_network).ToJson(), NetworkMetadata.Read(file.Metadata, file.Path).ToJson());
                    return (student.Digest, document.Run.Attempt);
                }
                await Site.CommittedAsync(trial, 2 * (stop + 1));
                await host.StopAsync(TestContext.Current.CancellationToken);
                host = await EmbeddedHost.StartAsync(options, new SpecTrainingFactory(), TestContext.Current.CancellationToken);
            }
        }
        finally
        {
            await host.DisposeAsync();
            await Site.DeleteAsync(folder);
        }
    }
}
