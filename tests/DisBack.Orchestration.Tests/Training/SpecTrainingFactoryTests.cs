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
