using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Runs;
using DisBack.Distillation.Tests.Oracles;
using DisBack.Distillation.Tests.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Noise;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Backtracking;

/// <summary>
/// The noise of stage 2 has a floor where the teacher does not know the student's samples. Teacher and student are Gaussians of other spread here, so the slope
/// at a noise level is known: (teacher's variance + sigma^2) / (student's variance + sigma^2).
/// </summary>
public sealed class FlooredDrawsTests
{
    private const double TeacherStd = 0.1, StudentStd = 0.8;

    private static readonly LogNormalNoise s_little = new() { Mean = -3, Std = 0.8 };

    /// <summary>Where the slope is 0.9: sigma^2 = (0.9 v_student - v_teacher) / 0.1. With 16 pixels a sample's own slope is 1 within a third.</summary>
    private static readonly double s_known = Math.Sqrt((0.9 * StudentStd * StudentStd - TeacherStd * TeacherStd) / 0.1);

    [Theory]
    [InlineData(64)]
    [InlineData(24)]
    public void A_host_that_hears_what_the_teacher_does_not_know_hears_no_noise_below_what_it_knows(int part)
    {
        using var scope = NewDisposeScope();
        using var student = Student(StudentStd);
        using var teacher = Gaussian(TeacherStd);
        var draws = Draws(student, part);

        var seen = draws.Ask(0, teacher, 0);

        Assert.Equal(["target_calibration", "noise_floor"], seen.Select(measured => measured.Name));
        Assert.InRange(seen[0].Value, 0, 0.1);
        Assert.InRange(draws.Floor, s_known / 2.5, s_known * 2.5);
        Assert.Equal(draws.Floor, seen[1].Value);
        Assert.Equal(draws.Floor, draws.At(1, s_little, 64).Sigma.min().item<float>(), 1e-6);
        var much = new LogNormalNoise { Mean = 6, Std = 0.5 };
        Assert.True(draws.At(1, much, 64).Sigma.equal(Unfloored(student).At(1, much, 64).Sigma).all().item<bool>());
    }

    [Fact]
    public void The_nearer_the_student_is_the_lower_is_its_floor()
    {
        using var scope = NewDisposeScope();
        using var near = Student(0.3);
        using var far = Student(StudentStd);
        using var teacher = Gaussian(TeacherStd);
        var (ofNear, ofFar) = (Draws(near), Draws(far));

        ofNear.Ask(0, teacher, 0);
        ofFar.Ask(0, teacher, 0);

        Assert.InRange(ofNear.Floor, 0.1, ofFar.Floor / 1.5);
    }

    [Fact]
    public void Every_target_is_asked_once_until_there_is_a_floor()
    {
        using var scope = NewDisposeScope();
        using var student = Student(StudentStd);
        using var node = Gaussian(StudentStd);
        using var teacher = Gaussian(TeacherStd);
        var draws = Draws(student);

        Assert.Equal("target_calibration", Assert.Single(draws.Ask(0, node, 1)).Name);
        Assert.Empty(draws.Ask(10, node, 1));
        Assert.Equal(0, draws.Floor);
        Assert.True(draws.At(3, s_little, 16).Sigma.equal(Unfloored(student).At(3, s_little, 16).Sigma).all().item<bool>());
        Assert.Equal(2, draws.Ask(13, teacher, 0).Count);
        Assert.True(draws.Floor > 0);
        Assert.Empty(draws.Ask(14, node, 1));
    }

    [Fact]
    public void There_is_never_a_floor_where_nothing_is_enough()
    {
        using var scope = NewDisposeScope();
        using var student = Student(StudentStd);
        using var teacher = Gaussian(TeacherStd);
        var draws = Draws(student, settings: new NoiseFloor { Enough = 0 });

        Assert.Empty(draws.Ask(0, teacher, 0));
        Assert.Equal(0, draws.Floor);
    }

    [Fact]
    public void A_run_that_is_resumed_before_its_first_iteration_asks_its_target()
    {
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 0 });
        using var run = TinyNetwork.Backtracking(new DmdSettings { Steps = 2, Batch = 4 }, nodes);
        run.Restore(run.Capture());
        var listener = new RecordingListener();

        run.Advance(listener);

        Assert.Contains(listener.Measurements, measured => measured.Name == "target_calibration");
    }

    /// <summary>The first target knows the student, and the teacher does not.</summary>
    [Fact]
    public void A_run_whose_second_target_needs_a_floor_resumes_in_the_same_bits()
    {
        var fast = new OptimizerSettings { LearningRate = 0.05 };
        using var nodes = new MemoryNodes(() => Gaussian(TeacherStd));
        var recording = new RecordingSettings { Steps = 200, Noise = s_little, Optimizer = fast, Nodes = new EveryInterval { Interval = 100 } };
        using (var stage1 = new DegradationRecording(Inputs(), recording))
        {
            TrainingLoop.Run(stage1, new CheckpointSettings { Every = 1000 }, nodes, CancellationToken.None);
        }
        var settings = new DmdSettings
        {
            Steps = 12, Batch = 32, Noise = s_little, Generator = fast, Fake = fast, Switching = new FixedInterval { Interval = 5 },
        };
        var listener = new RecordingListener();
        using (var whole = new DistributionBacktracking(Inputs(), nodes, settings))
        {
            TrainingLoop.Run(whole, new CheckpointSettings { Every = 1000 }, listener, CancellationToken.None);
        }
        Assert.Equal([0, 6], listener.Measurements.Where(measured => measured.Name == "target_calibration").Select(measured => (int)measured.Step));
        Assert.Equal(6, Assert.Single(listener.Measurements, measured => measured.Name == "noise_floor").Step);

        ResumeTests.AssertResumes(() => new DistributionBacktracking(Inputs(), nodes, settings), 1, 5, 6, 7, 11);
    }

    private static StageInputs Inputs() => new(() => Gaussian(TeacherStd), () => Student(StudentStd), new RandomStreams(3), CPU);

    private static FlooredDraws Draws(IGenerator student, int part = 64, NoiseFloor? settings = null) =>
        new(Unfloored(student), settings ?? new(), new HostSignal(s_little), student, part);

    private static IDraws Unfloored(IGenerator student)
    {
        using var teacher = Gaussian(TeacherStd);
        return Inputs().DrawsFor("test", teacher, student);
    }

    /// <summary>A generator of normal samples: what a Gaussian with the deviation s makes of noise of the level 1 has s^2 / (s^2 + 1).</summary>
    private static DenoiserGenerator Student(double std) => new(Gaussian(Math.Sqrt(std / (1 - std))), 1);

    private static GaussianDenoiser Gaussian(double std)
    {
        using var scope = NewDisposeScope();
        long[] shape = [1, GaussianDenoiser.Resolution, GaussianDenoiser.Resolution];
        return new(zeros(shape), full(shape, std));
    }
}
