using DisBack.Contracts.Grains;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Experiments;
using DisBack.Specs.Noise;
using DisBack.Specs.Reading;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;

namespace DisBack.Contracts.Tests.Grains;

/// <summary>The key of a trajectory holds what changes the bytes of stage 1, and nothing else.</summary>
public sealed class TrajectoryKeyTests
{
    private static readonly ExperimentSpec s_spec = new() { Name = "a", Teacher = "digits", Seed = 3 };

    /// <summary>A key that the version before stage 1 had a seed of its own gave to this recording: stored trajectories have such keys.</summary>
    [Fact]
    public void Keys_are_what_they_were()
    {
        var spec = SpecReader.Parse<ExperimentSpec>(
            "{name: smoke, teacher: digits, recording: {steps: 8, batch: 32, nodes: {policy: every, interval: 4}}, backtracking: {steps: "
                + "24, batch: 32}}", "smoke.yaml");
        Assert.Equal(
            "5b4b4e851fe5b0638d37c7c62a248d26ad863d7e2ac5bb5144bcf30d95404d0f",
            TrajectoryKey.Of(SpecJson.Canonical(spec), "e5f93b5d0008d8b089af07cdc89ba129c222c4b779dc79770848cef2c8c4bbe3"));
    }

    [Fact]
    public void Seeds_and_stage_two_share_a_trajectory_that_is_recorded_from_one_seed()
    {
        var shared = s_spec with { Recording = s_spec.Recording with { Seed = 3 } };
        Assert.Equal(KeyOf(s_spec), KeyOf(shared));
        Assert.Equal(KeyOf(s_spec), KeyOf(shared with { Name = "b", Seed = 4, Backtracking = new ScoreSettings { Steps = 7 } }));
        Assert.Equal(KeyOf(s_spec), KeyOf(shared with { Hardware = new HardwareSettings { Slot = 0.5 } }));
        Assert.Equal(KeyOf(s_spec), KeyOf(shared with { Hardware = new HardwareSettings { CheckpointActivations = true } }));
    }

    [Fact]
    public void What_changes_stage_one_has_another_key()
    {
        ExperimentSpec[] others =
        [
            s_spec with { Seed = 4 },
            s_spec with { Recording = s_spec.Recording with { Seed = 4 } },
            s_spec with { Recording = s_spec.Recording with { Steps = 7 } },
            s_spec with { Student = new StudentSettings { SigmaInit = 3 } },
            s_spec with { Student = new StudentSettings { Weights = "sha256:" + new string('1', 64) } },
            s_spec with { Conditions = "sha256:" + new string('1', 64) },
            s_spec with { Hardware = new HardwareSettings { Threads = 1 } },
            s_spec with { Hardware = new HardwareSettings { Precision = Precision.Bf16 } },
        ];
        Assert.DoesNotContain(KeyOf(s_spec), others.Select(KeyOf));
    }

    /// <summary>Where stage 1 ends by what the host hears, hosts that hear alike share it, and no others.</summary>
    [Fact]
    public void What_the_host_hears_is_part_of_the_key_where_stage_one_ends_by_it()
    {
        var watching = s_spec with { Recording = s_spec.Recording with { UntilCalibrated = new CalibrationGoal() } };
        Assert.Equal(KeyOf(watching), KeyOf(watching with { Backtracking = new DmdSettings { Steps = 7, Batch = 3 } }));
        Assert.NotEqual(KeyOf(watching), KeyOf(watching with { Backtracking = new ScoreSettings() }));
        Assert.NotEqual(KeyOf(watching), KeyOf(watching with { Backtracking = new DmdSettings { Noise = new LogNormalNoise { Mean = -3 } } }));
        Assert.Equal(KeyOf(s_spec), KeyOf(s_spec with { Backtracking = new ScoreSettings() }));
    }

    private static string KeyOf(ExperimentSpec spec) => TrajectoryKey.Of(SpecJson.Canonical(spec), new string('0', 64));
}
