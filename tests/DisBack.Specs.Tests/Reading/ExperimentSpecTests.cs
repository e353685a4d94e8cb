using System.Security.Cryptography;
using System.Text;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Specs.Training;

namespace DisBack.Specs.Tests.Reading;

/// <summary>The checks that look at more than one setting, and the ways the real specs differ from the toy.</summary>
public sealed class ExperimentSpecTests
{
    private const string Head = "name: a\nteacher: digits\n";

    public static TheoryData<string, string> Impossible => new()
    {
        {
            "recording: {steps: 64, nodes: {policy: every, interval: 16}}\nbacktracking:\n  steps: 50\n  switching: {policy: fixed, interval: 20}\n",
            "a.yaml:6:40: with 20 steps from target to target the student needs 61 steps to reach the teacher but has 50; shorten the interval, record fewer "
                + "nodes or raise backtracking.steps"
        },
        {
            "backtracking:\n  steps: 4\n  fake_updates_per_generator_update: 5\n",
            "a.yaml:5:38: the generator would move in every 5th of only 4 steps, that is never; lower it or raise backtracking.steps"
        },
        {
            "recording: {from: path, steps: 8}\n",
            "a.yaml:3:19: a trajectory that is there is not recorded: leave away what else recording says, but for seed"
        },
        { "recording: {optimizer: {betas: [0.9, 1.0]}}\n", "a.yaml:3:32: Adam's decay rates are [0.9, 1]; both must be at least 0 and below 1" },
        {
            "recording:\n  noise: {law: karras-grid, first: 9, last: 3}\n",
            "a.yaml:4:10: indices 9 to 3 of 1000 levels from 0.002 to 80 cannot be drawn; order them and stay inside the table"
        },
        {
            "evaluation: {statistics: a.npz, reference: {resolution: 14}}\n",
            "a.yaml:3:26: FID compares with the images of reference or with statistics, not with both; remove one"
        },
        {
            "data: {source: latents, path: a.safetensors, resolution: 128}\n",
            "a.yaml:3:58: latents are taken as they were encoded; remove resolution and channels"
        },
        { "evaluation: {reference: {source: idx}}\n", "a.yaml:3:34: this source reads files but no path is given; add one" },
        { "hardware: {precision: tf32}\n", "a.yaml:3:23: tf32 is of CUDA devices; choose fp32 or bf16, or hardware.device cuda" },
        {
            "backtracking: {target_precision: tf32}\n",
            "a.yaml:3:34: tf32 is of the whole run, as hardware.precision; choose fp32 or bf16"
        },
        { "hardware: {precision: fp16}\n", "a.yaml:3:23: 'hardware.precision' is 'fp16'; expected one of fp32, tf32, bf16" },
        { "hardware: {device: gpu}\n", "a.yaml:3:20: 'hardware.device' is 'gpu'; expected cpu, cuda or cuda:N" },
        {
            "backtracking: {switching: {policy: fixd}}\n",
            "a.yaml:3:36: 'backtracking.switching.policy' is 'fixd'; expected one of fixed, plateau, score-gap, never, interpolated, node-gap, calibrated; "
                + "did you mean 'fixed'?"
        },
        {
            "backtracking: {host: dmd3}\n",
            "a.yaml:3:22: 'backtracking.host' is 'dmd3'; expected one of dmd, diff-instruct, score, dmd2, f-distill, vsd, sds, sid, score-gan, "
                + "discriminator-flow; did you mean 'dmd'?"
        },
        {
            "backtracking: {steps: 50, switching: {policy: interpolated, interval: 20}}\nrecording: {steps: 40, nodes: {policy: every, interval: 10}}\n",
            "a.yaml:3:71: with 20 steps from target to target the student needs 60 steps to reach the teacher but has 50; shorten the interval, record fewer "
                + "nodes or raise backtracking.steps"
        },
        {
            "backtracking: {host: dmd2}\n",
            "a.yaml:3:15: the host's discriminator learns from real images, of which the spec names none; add them, for example 'data: {source: digits}', or "
                + "set generator_gan_weight and fake_gan_weight to 0"
        },
        {
            "backtracking: {host: dmd2, fake_gan_weight: 0}\n",
            "a.yaml:3:45: a discriminator that is never trained would be followed; set generator_gan_weight to 0 too, or this above 0"
        },
        {
            "backtracking: {host: f-distill, fake_gan_weight: 0, generator_gan_weight: 0}\n",
            "a.yaml:3:50: the density ratio is read from the discriminator; set it above 0"
        },
        {
            "backtracking: {host: dmd2, exclusive: true, fake_updates_per_generator_update: 1}\ndata: {}\n",
            "a.yaml:3:39: the fake score would never move, as the generator moves in every iteration; set fake_updates_per_generator_update to 2 or more"
        },
        {
            "checkpoints: {every: 5min}\n",
            "a.yaml:3:22: 'checkpoints.every' is '5min', with the unit 'min' where none belongs; expected a whole number at least 1"
        },
    };

    [Theory, MemberData(nameof(Impossible))]
    public void An_impossible_experiment_points_at_the_value_to_change(string yaml, string message)
        => Assert.Equal(message, Assert.Throws<SpecException>(() => SpecReader.Parse<ExperimentSpec>(Head + yaml, "a.yaml")).Message);

    [Fact]
    public void A_target_that_would_never_be_kept_is_refused()
    {
        var wrong = Assert.Throws<SpecException>(() => SpecReader.Parse<ExperimentSpec>(
            "{name: a, teacher: digits, backtracking: {switching: {policy: calibrated, least: 0.3, keep: 0.3}}}", "a.yaml"));
        Assert.Contains("a.yaml:1:93: ", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("set keep below least", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_teacher_network_that_cannot_be_built_is_refused_before_anything_runs()
        => Assert.Equal(
            "t.yaml:2:10: The network settings are impossible: img_resolution 15 cannot be halved 1 times as the 2 entries of channel_mult ask; correct them",
            Assert.Throws<SpecException>(() => SpecReader.Parse<TeacherSpec>("name: t\nnetwork: {img_resolution: 15, "
                + "channel_mult: [1, 2]}\n", "t.yaml")).Message);

    [Fact]
    public void A_teacher_whose_images_do_not_fit_its_network_is_refused()
        => Assert.Equal(
            "t.yaml:3:20: the images are brought to 14 pixels but the network has 16; make data.resolution and network.img_resolution equal",
            Assert.Throws<SpecException>(() => SpecReader.Parse<TeacherSpec>("name: t\nnetwork: {img_resolution: 16, channel_mult: [1]}\ndata: "
                + "{resolution: 14}\n", "t.yaml")).Message);

    [Theory]
    [InlineData("network: {augment_dim: 8}\n", "t.yaml:2:24")]
    [InlineData("seed: 1\n", "t.yaml:1:1")]
    public void A_network_that_cannot_be_told_of_augmentation_is_refused(string network, string location)
        => Assert.Equal(
            $"{location}: the images are augmented, which the network is told in 9 numbers; set network.augment_dim to 9 or leave training.augmentation out",
            Assert.Throws<SpecException>(() => SpecReader.Parse<TeacherSpec>($"name: t\n{network}training: {{augmentation: {{}}}}\n", "t.yaml")).Message);

    [Fact]
    public void A_batch_that_cannot_be_divided_is_refused()
        => Assert.Equal(
            "t.yaml:2:35: a batch of 64 has no 3 parts of equal size; choose a divisor of training.batch",
            Assert.Throws<SpecException>(() => SpecReader.Parse<TeacherSpec>("name: t\ntraining: {batch: 64, accumulate: 3}\n", "t.yaml")).Message);

    [Fact]
    public void A_network_of_augmented_images_may_be_trained_without()
    {
        Assert.Null(SpecReader.Parse<TeacherSpec>("{name: t, network: {augment_dim: 9}}", "t.yaml").Training.Augmentation);
        var augmented = SpecReader.Parse<TeacherSpec>("{name: t, network: {augment_dim: 9}, training: {augmentation: {probability: 0.15}}}", "t.yaml");
        Assert.Equal(new AugmentationSettings { Probability = 0.15 }, augmented.Training.Augmentation);
    }

    /// <summary>As it was before there were augmentation and accumulation: who repeats the command of a training continues it.</summary>
    [Fact]
    public void The_identity_of_the_shipped_teacher_stays()
    {
        var canonical = SpecJson.Canonical(SpecReader.Read<TeacherSpec>(Path.Combine(SampleTests.Folder, "teachers", "digits.yaml")));
        Assert.StartsWith("91e12919", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical))), StringComparison.Ordinal);
    }

    [Fact]
    public void The_smallest_spec_is_a_name_and_a_teacher_and_has_no_path_but_a_floor_under_the_noise()
    {
        var spec = SpecReader.Parse<ExperimentSpec>(Head, "a.yaml");
        Assert.Equal((1, 0.1), (spec.Recording.CountNodes(), spec.Backtracking.FloorInForce.Enough));
    }

    [Fact]
    public void A_host_and_an_architecture_that_are_not_named_are_the_first_ones()
    {
        var spec = SpecReader.Parse<ExperimentSpec>(Head + "backtracking: {steps: 7, fake: {learning_rate: 1e-3}}\nstudent: {network: "
            + "{img_resolution: 8}}\n", "a.yaml");
        Assert.Equal((7, 1e-3), (spec.Backtracking.Steps, Assert.IsType<DmdSettings>(spec.Backtracking).Fake.LearningRate));
        Assert.Equal(new SampleShape(3, 8, 8), Assert.IsType<SongUnetSettings>(spec.Student.Network).Shape);
        Assert.IsType<ScoreSettings>(SpecReader.Parse<ExperimentSpec>(Head + "backtracking: {host: score}\n", "a.yaml").Backtracking);
    }

    [Fact]
    public void A_floor_under_the_noise_of_a_host_that_compares_no_scores_is_refused()
    {
        const string Flow = "student: {flow: {}}\nrecording: {steps: 0}\ndata: {source: digits, resolution: 14}\n";
        var error = Assert.Throws<SpecException>(
            () => SpecReader.Parse<ExperimentSpec>(Head + Flow + "backtracking: {host: discriminator-flow, noise_floor: {}}\n", "a.yaml"));
        Assert.Equal(
            "a.yaml:6:55: the host discriminator-flow compares no scores at a noise that could have a floor; leave it out", error.Message);
        SpecReader.Parse<ExperimentSpec>(Head + Flow + "backtracking: {host: discriminator-flow, noise_floor: {enough: 0}}\n", "a.yaml");
    }

    /// <summary>As version 0.1.0 computed it: who repeats the command of a run that an older version began continues that run.</summary>
    [Theory]
    [InlineData("smoke.yaml", "6fd573ed")]
    public void The_identity_of_a_sample_stays(string file, string beginning)
    {
        var canonical = SpecJson.Canonical(SpecReader.Read<ExperimentSpec>(Path.Combine(SampleTests.Folder, file)));
        Assert.StartsWith(beginning, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical))), StringComparison.Ordinal);
    }

    /// <summary>Specs that were stored before there were dropout and augmentation have neither key and mean what they meant.</summary>
    [Fact]
    public void Diff_instruct_drops_and_augments_where_the_spec_says_so()
    {
        var plain = SpecReader.Parse<ExperimentSpec>(Head + "backtracking: {host: diff-instruct}\n", "a.yaml");
        Assert.All(["dropout", "augmentation"], key => Assert.DoesNotContain(key, SpecJson.Canonical(plain), StringComparison.Ordinal));

        var both = SpecReader.Parse<ExperimentSpec>(
            Head + "backtracking: {host: diff-instruct, dropout: true, augmentation: {probability: 0.2}}\n", "a.yaml");
        var host = Assert.IsType<DiffInstructSettings>(SpecJson.FromJson<ExperimentSpec>(SpecJson.Canonical(both)).Backtracking);
        Assert.Equal((true, new AugmentationSettings { Probability = 0.2 }), (host.Dropout, host.Augmentation));
    }

    [Fact]
    public void The_place_of_a_section_that_was_not_written_is_the_section_around_it()
        => Assert.StartsWith(
            "a.yaml:4:37: with 30 steps from target to target",
            Assert.Throws<SpecException>(() => SpecReader.Parse<ExperimentSpec>(Head + "recording: {steps: 64}\nbacktracking: {steps: 3, switching: "
                + "{policy: fixed}}\n", "a.yaml")).Message,
            StringComparison.Ordinal);

    [Fact]
    public void What_a_section_leaves_out_is_the_default_of_the_host_and_of_the_stage()
    {
        var spec = SpecReader.Parse<ExperimentSpec>(
            """
            name: a
            teacher: t
            data: {}
            recording: { optimizer: { ramp_steps: 3 } }
            backtracking: { host: dmd2, generator: { learning_rate: 1.0e-4 }, fake: { clip_norm: null, weight_decay: 0 } }
            """,
            "a.yaml");
        Assert.Equal((5e-4, 3), (spec.Recording.Optimizer.LearningRate, spec.Recording.Optimizer.RampSteps));
        var host = Assert.IsType<Dmd2Settings>(spec.Backtracking);
        Assert.Equal(
            (1e-4, 10, 0.01, 500),
            (host.Generator.LearningRate, host.Generator.ClipNorm, host.Generator.WeightDecay, host.Generator.WarmupIterations));
        Assert.Equal((2e-6, null, 0, 0.9), (host.Fake.LearningRate, host.Fake.ClipNorm, host.Fake.WeightDecay, host.Fake.Betas[0]));
        // What is stored says all of it, and means the same whatever the defaults become.
        Assert.Equal(SpecJson.Canonical(spec), SpecJson.Canonical(SpecJson.FromJson<ExperimentSpec>(SpecJson.Canonical(spec))));
        Assert.Equal(SpecJson.Canonical(spec), SpecJson.Canonical(SpecReader.Parse<ExperimentSpec>(SpecYaml.Write(spec), "b.yaml")));
    }
}
