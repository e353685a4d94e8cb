using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Drawing;
using DisBack.Sdxl.Memory;
using DisBack.Sdxl.Models;
using DisBack.Sdxl.Tests.Configuration;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Drawing;

/// <summary>What drawing takes of memory is known, and refused if it is too much, before anything is loaded.</summary>
public sealed class MemoryPlanTests
{
    private const long Gibibyte = 1L << 30;

    private static readonly PictureRequest s_request = new() { Prompts = ["a dog"], Sampling = new SamplingPlan.Teacher(30, 7) };

    /// <summary>Of SDXL base 1.0; its text encoders, whose widths matter to nothing else, are those of the miniature with SDXL's parameters.</summary>
    private static ModelSizes Sizes => ModelSizes.Of(Mini) with
    {
        UNet = SdxlConfigs.UNet,
        Autoencoder = new([128, 256, 512, 512], 2, 4, 32, 1024, 0.13025, true),
        UNetParameters = 2_567_463_684,
        DecoderParameters = 49_490_199,
        TextParameters = 123_060_480 + 694_659_840,
        LargestParameter = 1280 * 2560 * 9,
        WholeSide = 128,
    };

    private static ModelSource Mini => new(ModelFolder.Open(OracleFiles.PathOf("sdxl", "mini")));

    [Theory]
    [InlineData(1024, 1024)]
    [InlineData(768, 1280)]
    public void Decoding_in_float32_takes_the_measured_bytes_for_each_pixel(int height, int width)
    {
        var bytes = sizeof(float) * DecoderMemory.Peak(Sizes.Autoencoder, height / 8, width / 8, 128);

        // 986 MiB at 512 x 512, of which some are kernels that oneDNN compiles.
        Assert.InRange((double)bytes / height / width, 3.7 * 1024, 3.95 * 1024);
    }

    [Fact]
    public void The_denoiser_of_SDXL_takes_its_file_and_less_than_two_GiB()
    {
        var sampling = Plan(type: ScalarType.Float16).Phases.Single(phase => phase.Phase == DrawingPhase.Sampling);

        Assert.Equal(5_134_927_368, sampling.Weights);
        Assert.InRange(sampling.Work, Gibibyte / 2, 2 * Gibibyte);
    }

    [Fact]
    public void Networks_that_are_kept_count_in_every_phase_and_others_in_their_own()
    {
        var kept = Plan(keepsLoaded: true).Phases.Select(phase => phase.Weights);
        var released = Plan().Phases.Select(phase => phase.Weights).ToArray();

        Assert.All(kept, weights => Assert.Equal(released[0] + released[1] + released[3], weights));
        Assert.Equal(released[1], released[2]);
    }

    [Fact]
    public void A_batch_and_guidance_multiply_what_is_sampled_and_nothing_else()
    {
        var single = Work(s_request with { Sampling = new SamplingPlan.Student([399]) });
        var guided = Work(s_request);
        var batched = Work(s_request with { Count = 8, Batch = 4 });

        Assert.InRange(guided / single, 1.7, 2.1);
        Assert.InRange(batched / guided, 3.5, 4.1);
        Assert.Equal(Plan().Phases[3].Weights, Plan(s_request with { Count = 8, Batch = 4 }).Phases[3].Weights);

        static double Work(PictureRequest request) => Plan(request, device: DeviceType.CUDA).Phases[2].Work;
    }

    [Fact]
    public void On_an_accelerator_the_process_holds_one_tensor_at_a_time()
    {
        var plan = Plan(type: ScalarType.Float16, device: DeviceType.CUDA);

        Assert.All(plan.Phases, phase => Assert.InRange(phase.Host, 1, Gibibyte / 2));
        Assert.All(Plan().Phases, phase => Assert.Equal(0, phase.Host));
    }

    [Theory]
    [InlineData(16.0, 128, false)]
    [InlineData(10.0, 64, true)]
    [InlineData(null, 128, false)]
    public void A_picture_that_does_not_fit_whole_is_decoded_in_tiles(double? gibibytes, int side, bool tiled)
    {
        // Kept networks make decoding the largest phase.
        var plan = Plan(type: ScalarType.Float16, keepsLoaded: true, gibibytes: gibibytes);

        Assert.Equal((side, tiled, true), (plan.DecodedSide, plan.DecodesInTiles, plan.Fits));
        plan.Require();
    }

    [Fact]
    public void Adapters_that_are_kept_add_four_bytes_an_element_to_the_denoiser()
    {
        var adapted = Sizes with { Adapters = 196_751_360, KeepsAdapters = true };
        var plan = new MemoryPlan(new(adapted, new(CPU, ScalarType.Float16), s_request, false), null);

        Assert.Equal(5_134_927_368 + (4 * 196_751_360L), plan.Phases[2].Weights);
    }

    [Fact]
    public void A_refusal_names_each_remedy_that_is_enough()
    {
        Refused("bfloat16 would fit", s_request, 8);
        Refused("networks that are released after use or bfloat16 would fit", s_request, 12, keepsLoaded: true);
        Refused("a batch of 8", s_request with { Count = 16, Batch = 16 }, 14.7);
        Refused("bfloat16 with a batch of", s_request with { Count = 16, Batch = 16 }, 6);
        Refused("no smaller request would fit", s_request, 4);
        Refused("1024 x 1024 pixels needs about 1", s_request, 8);

        static void Refused(string expected, PictureRequest request, double gibibytes, bool keepsLoaded = false)
        {
            var plan = Plan(request, keepsLoaded: keepsLoaded, gibibytes: gibibytes);
            Assert.False(plan.Fits);
            Assert.Contains(expected, Assert.Throws<DisBackException>(plan.Require).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused_before_anything_is_loaded()
    {
        using var model = new TextToImage(Mini, new(CPU, ScalarType.Float32)) { AvailableMemory = 200 << 20 };
        var told = new List<DrawingProgress>();

        var refusal = Assert.Throws<DisBackException>(() => model.Draw(s_request, told.Add, TestContext.Current.CancellationToken).ToList());

        Assert.Contains("but there are 0.20 GiB", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(told);
    }

    private static MemoryPlan Plan(
        PictureRequest? request = null,
        ScalarType type = ScalarType.Float32,
        DeviceType device = DeviceType.CPU,
        bool keepsLoaded = false,
        double? gibibytes = null) =>
        new(new(Sizes, new(new Device(device), type), request ?? s_request, keepsLoaded), gibibytes is { } known ? (long)(known * Gibibyte) : null);
}
