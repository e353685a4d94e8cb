using DisBack.Diffusion.Files;
using DisBack.Diffusion.Schedules;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Drawing;
using DisBack.Sdxl.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Drawing;

/// <summary>What a request promises holds for every picture of it.</summary>
public sealed class TextToImageTests
{
    private static readonly SamplingPlan s_student = new SamplingPlan.Student([399]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void A_seed_is_the_same_picture_alone_and_in_any_batch()
    {
        using var scope = NewDisposeScope();
        using var model = Open();
        var request = Request() with { Prompts = ["a dog", "two cats"], Count = 3, Seed = 7, Sampling = new SamplingPlan.Student([999, 499]) };

        var pictures = model.Draw(request, null, Cancellation).ToList();
        var batched = model.Draw(request with { Batch = 2 }, null, Cancellation).ToList();
        var alone = model.Draw(request with { Prompts = ["two cats"], Count = 1, Seed = 8 }, null, Cancellation).Single();

        Assert.Equal(
            [("a dog", 7), ("a dog", 8), ("a dog", 9), ("two cats", 7), ("two cats", 8), ("two cats", 9)],
            pictures.Select(picture => (picture.Prompt, picture.Seed)));
        foreach (var (one, other) in pictures.Zip(batched))
        {
            OracleFiles.AssertAgrees(one.Pixels, other.Pixels, "batched");
        }
        OracleFiles.AssertAgrees(pictures[4].Pixels, alone.Pixels, "alone");
        Assert.True((pictures[3].Pixels - pictures[0].Pixels).abs().max().item<float>() > 0.01, "The prompt has no effect.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_adapter_changes_the_picture_by_its_strength_merged_or_kept(bool keeps)
    {
        using var scope = NewDisposeScope();
        var lora = OracleFiles.PathOf("sdxl", "lora-diffusers.safetensors");
        using var plain = Open();
        using var none = Open(source => source with { Adapters = [new(lora, 0)], KeepsAdapters = keeps });
        using var adapted = Open(source => source with { Adapters = [new(lora)], KeepsAdapters = keeps });
        using var merged = Open(source => source with { Adapters = [new(lora)] });
        Tensor expected = Draw(plain), changed = Draw(adapted);

        Assert.Matches("^[1-9][0-9]* of [1-9][0-9]* modules$", Assert.Single(adapted.Adapters));
        OracleFiles.AssertAgrees(expected, Draw(none), "strength 0");
        OracleFiles.AssertAgrees(Draw(merged), changed, "merged");
        Assert.True((changed - expected).abs().max().item<float>() > 0.01, "The adapter has no effect.");
    }

    [Theory]
    [InlineData(399)]
    [InlineData(999, 499, 20)]
    public void A_student_is_drawn_at_the_time_steps_that_its_file_says_unless_others_are_asked_for(params int[] trained)
    {
        var table = DiscreteVpSchedule.OfAlphaBar(DiscreteVpSchedule.ScaledLinear(0.00085, 0.012, 1000));
        var sigmas = trained.Select(table.SigmaAt).ToArray();
        using var plain = Open();
        Assert.Equal([399], plain.StudentTimesteps());
        Assert.Equal(trained, Steps(new(sigmas[0], sigmas[1..], UnitInput: true), null));
        Assert.Equal([999, 499], Steps(new(sigmas[0], sigmas[1..], UnitInput: true), 2));
        // Students of images have levels of their own.
        Assert.Equal([399], Steps(new(sigmas[0], sigmas[1..], UnitInput: false), null));
        Assert.Contains(
            "have: draw with the model that it was distilled from",
            Assert.Throws<DisBackException>(() => Steps(new(sigmas[0] * 1.0001, [], UnitInput: true), null)).Message,
            StringComparison.Ordinal);

        static IReadOnlyList<int> Steps(StudentLevels levels, int? asked)
        {
            var path = Path.GetTempFileName();
            try
            {
                var metadata = new Dictionary<string, string>();
                levels.WriteTo(metadata);
                using var value = zeros(1);
                SafetensorsFile.Write(path, [("conv_in.bias", value)], metadata);
                using var model = Open(source => source with { UNet = path });
                return model.StudentTimesteps(asked);
            }
            finally
            {
                File.Delete(path);
            }
        }
    }

    [Fact]
    public void Half_precision_draws_nearly_the_same_and_decodes_in_full()
    {
        using var scope = NewDisposeScope();
        using var full = Open();
        using var half = Open(type: ScalarType.BFloat16);
        Tensor expected = Draw(full), actual = Draw(half);

        Assert.Equal(ScalarType.Float32, actual.dtype);
        Assert.InRange(((actual - expected).norm() / expected.norm()).item<float>(), 1e-4, 0.2);
    }

    [Fact]
    public void Progress_tells_each_phase_and_counts_evaluations()
    {
        using var scope = NewDisposeScope();
        using var model = Open();
        var told = new List<DrawingProgress>();

        _ = model.Draw(Request() with { Count = 2, Sampling = new SamplingPlan.Student([999, 499]) }, told.Add, Cancellation).ToList();

        Assert.Equal(
            [DrawingPhase.Prompts, DrawingPhase.Denoiser, DrawingPhase.Sampling, DrawingPhase.Decoding], told.Select(one => one.Phase).Distinct());
        Assert.Equal([1, 2, 3, 4], told.Where(one => one.Phase == DrawingPhase.Sampling).Select(one => one.Done));
        Assert.Equal(new(DrawingPhase.Decoding, 2, 2), told[^1]);
    }

    [Fact]
    public void It_stops_between_two_evaluations_when_it_is_told_to()
    {
        using var scope = NewDisposeScope();
        using var model = Open();
        using var stop = new CancellationTokenSource();
        var steps = 0;

        Assert.ThrowsAny<OperationCanceledException>(() => model.Draw(
            Request() with { Sampling = new SamplingPlan.Student([999, 749, 499, 249]) },
            progress =>
            {
                if (progress.Phase == DrawingPhase.Sampling && ++steps == 2)
                {
                    stop.Cancel();
                }
            },
            stop.Token).ToList());

        Assert.Equal(2, steps);
    }

    [Fact]
    public void What_cannot_be_drawn_is_refused_before_anything_is_loaded()
    {
        using var model = Open();
        Refused("There is no prompt", Request() with { Prompts = [] });
        Refused("A picture of 64 x 60 pixels", Request() with { Height = 60 });
        Refused("A picture of 8192 x 64 pixels", Request() with { Width = 8192 });
        Refused("0 pictures", Request() with { Count = 0 });
        Refused("Only guidance leads away", Request() with { NegativePrompt = "blurry" });
        Refused("Only guidance leads away", Request() with { NegativePrompt = "", Sampling = new SamplingPlan.Teacher(5, 1) });
        Refused("must fall", Request() with { Sampling = new SamplingPlan.Student([499, 999]) });

        void Refused(string expected, PictureRequest request) => Assert.Contains(
            expected, Assert.Throws<DisBackException>(() => model.Draw(request, null, Cancellation).ToList()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_either_tokenizer_cuts_off_is_counted()
    {
        using var model = Open();

        Assert.Equal(0, model.CutOff("a dog!"));
        // The second tokenizer has no token for several exclamation marks.
        Assert.Equal(5, model.CutOff(new string('!', 80)));
    }

    [Fact]
    public void No_tensor_is_left_behind()
    {
        using var model = Open();
        _ = DrawAll();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        _ = DrawAll();

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);

        int DrawAll()
        {
            var drawn = 0;
            foreach (var picture in model.Draw(Request() with { Count = 2, Sampling = new SamplingPlan.Teacher(3, 5) }, null, Cancellation))
            {
                picture.Dispose();
                drawn++;
            }
            return drawn;
        }
    }

    private static Tensor Draw(TextToImage model) => model.Draw(Request(), null, Cancellation).Single().Pixels;

    private static PictureRequest Request() => new() { Prompts = ["a dog"], Height = 64, Width = 64, Sampling = s_student };

    private static TextToImage Open(Func<ModelSource, ModelSource>? change = null, ScalarType type = ScalarType.Float32)
    {
        var source = new ModelSource(ModelFolder.Open(OracleFiles.PathOf("sdxl", "mini")));
        return new(change?.Invoke(source) ?? source, new(CPU, type));
    }
}
