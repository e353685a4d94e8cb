using DisBack.Diffusion.Parameters;
using DisBack.Diffusion.Parameters.Moments;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Parameters.Moments;

/// <summary>Moments in fewer bits are right on average, take what their type says, and train as those of float32 do.</summary>
public sealed class MomentTests
{
    [Theory]
    [InlineData(MomentType.Bfloat16, false, 0.008)]
    [InlineData(MomentType.Bfloat16, true, 0.008)]
    [InlineData(MomentType.Int8, false, 0.2)]
    [InlineData(MomentType.Int8, true, 0.2)]
    public void What_is_kept_is_right_on_average(MomentType type, bool isSecond, double largestError)
    {
        const int Elements = 5000, Draws = 400;
        using var scope = NewDisposeScope();
        using var drawn = new Generator(1);
        // Sizes over three decades, the last block shorter than the others.
        var values = randn(Elements, generator: drawn) * pow(10, -3 * rand(Elements, generator: drawn));
        values = isSecond ? values.square() : values;
        using var moment = Moment.Of(type, zeros(Elements), isSecond);
        var sum = zeros(Elements);
        for (var draw = 0; draw < Draws; draw++)
        {
            using var random = new Generator((ulong)draw);
            moment.Store(0, values.clone(), random);
            sum.add_(moment.Load(0, Elements));
        }

        var error = (sum / Draws - values).abs() / values.abs();
        // One rounding is wrong by up to the distance of two numbers, the mean of 400 by a twentieth of that; the root's roundings leave a little more.
        Assert.InRange(error.mean().item<float>(), 0, largestError / 20);
        var once = (moment.Load(0, Elements) - values).abs() / values.abs();
        Assert.InRange(once.median().item<float>(), 1e-4, largestError);
    }

    /// <summary>What float32's second moment does when gradients have become smaller: rounded to the nearest it would stay where it is.</summary>
    [Theory]
    [InlineData(MomentType.Bfloat16)]
    [InlineData(MomentType.Int8)]
    public void A_second_moment_falls_a_thousandth_at_a_time(MomentType type)
    {
        using var scope = NewDisposeScope();
        using var moment = Moment.Of(type, zeros(4096), isSecond: true);
        // One element of each block keeps the scale where it is.
        var square = ones(4096);
        for (var step = 0; step < 1000; step++)
        {
            using var inner = NewDisposeScope();
            using var random = new Generator((ulong)step);
            var next = step == 0 ? square : moment.Load(0, 4096).mul_(0.999);
            next[0] = next[2048] = 1;
            moment.Store(0, next, random);
        }
        Assert.Equal(Math.Pow(0.999, 999), moment.Load(0, 4096).narrow(0, 1, 2047).mean().item<float>(), 0.01);
    }

    [Fact]
    public void A_second_moment_becomes_zero_only_where_it_is()
    {
        using var scope = NewDisposeScope();
        using var moment = Moment.Of(MomentType.Int8, zeros(3), isSecond: true);
        for (var draw = 0; draw < 50; draw++)
        {
            using var random = new Generator((ulong)draw);
            moment.Store(0, tensor(new[] { 1f, 1e-20f, 0f }), random);
            var kept = moment.Load(0, 3).data<float>().ToArray();
            Assert.Equal(1, kept[0], 1e-5);
            Assert.True(kept[1] > 0);
            Assert.Equal(0, kept[2]);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Codes_stand_for_256_numbers_from_zero_to_one(bool isSigned)
    {
        var parts = CodedMoment.Parts(isSigned);
        Assert.Equal(256, parts.Distinct().Count());
        Assert.Equal((isSigned ? -0.993f : 0, 1f), (MathF.Round(parts[0], 3), parts[^1]));
        Assert.Contains(0, parts);
        Assert.InRange(parts.Where(part => part > 0).Min(), 1e-7f, 1e-6f);
    }

    [Theory]
    [InlineData(MomentType.Float32, 8)]
    [InlineData(MomentType.Bfloat16, 4)]
    [InlineData(MomentType.Int8, 2)]
    public void They_take_what_their_type_says(MomentType type, int bytes)
    {
        const int Blocks = 3;
        using var scope = NewDisposeScope();
        using var layer = nn.Linear(2048, Blocks, hasBias: false);
        using var groups = ParameterGroups.Attach(layer, trained: true);
        using var adam = new FlatAdam(groups, 0.9, 0.999, 1e-8, moments: type);
        var scales = type == MomentType.Int8 ? 2 * sizeof(float) * Blocks : 0;
        Assert.Equal((bytes * 2048 * Blocks) + scales, adam.State.SelectMany(moment => moment.Groups).Sum(tensor => tensor.numel() * tensor.element_size()));
    }

    /// <summary>A regression whose inputs differ in size by a thousand, for which each weight needs a second moment of its own.</summary>
    [Theory]
    [InlineData(MomentType.Bfloat16, 0.02)]
    [InlineData(MomentType.Int8, 0.05)]
    public void Training_follows_that_of_float32(MomentType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var (exact, rounded) = (Trained(MomentType.Float32), Trained(type));
        foreach (var (expected, actual) in exact.Zip(rounded))
        {
            Assert.InRange(actual / expected, 1 - tolerance, 1 + tolerance);
        }
        Assert.True(exact[^1] < exact[0] / 5);

        static IReadOnlyList<float> Trained(MomentType type)
        {
            using var drawn = new Generator(1);
            using var network = nn.Sequential(nn.Linear(64, 128), nn.SiLU(), nn.Linear(128, 16));
            var scale = pow(10, linspace(-1.5, 1.5, 64));
            var truth = randn([64, 16], generator: drawn) / scale.unsqueeze(1) / 8;
            using (no_grad())
            {
                foreach (var weight in network.parameters())
                {
                    weight.copy_(randn(weight.shape, generator: drawn) * 0.05);
                }
            }
            using var groups = ParameterGroups.Attach(network, trained: true);
            using var adam = new FlatAdam(groups, 0.9, 0.999, 1e-8, moments: type);
            var means = new List<float>();
            var mean = 0f;
            for (var step = 1; step <= 600; step++)
            {
                using var inner = NewDisposeScope();
                var x = randn([32, 64], generator: drawn) * scale;
                groups.ZeroGradients();
                var loss = (network.forward(x) - x.matmul(truth)).square().mean();
                loss.backward();
                adam.Step(3e-3);
                mean += loss.item<float>() / 100;
                if (step % 100 == 0)
                {
                    means.Add(mean);
                    mean = 0;
                }
            }
            return means;
        }
    }

    /// <summary>Elements beyond the first chunk are updated as those in it.</summary>
    [Theory]
    [InlineData(MomentType.Float32)]
    [InlineData(MomentType.Int8)]
    public void Large_buffers_are_updated_in_chunks(MomentType type)
    {
        const long Beyond = 5000;
        using var scope = NewDisposeScope();
        using var large = nn.Linear(FlatAdam.ChunkLength + Beyond, 1, hasBias: false);
        using var groups = ParameterGroups.Attach(large, trained: true);
        using var adam = new FlatAdam(groups, 0.9, 0.999, 1e-8, moments: type);
        using (no_grad())
        {
            large.weight.zero_();
            groups.Trained[0].Gradients!.fill_(-1);
        }
        adam.Step(0.5);
        Assert.All([0, FlatAdam.ChunkLength - 1, FlatAdam.ChunkLength, FlatAdam.ChunkLength + Beyond - 1],
            element => Assert.Equal(0.5f, large.weight.flatten()[element].item<float>(), 1e-6));
    }
}
