using DisBack.Diffusion.Augmentation;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Augmentation;

/// <summary>A label says exactly what was done to its image, and what is done has the published distribution.</summary>
public sealed class AugmentPipeTests
{
    private static (Tensor Images, Tensor Labels) Apply(AugmentationSettings settings, Tensor images, ulong seed = 5)
    {
        using var generator = new Generator(seed);
        return new AugmentPipe(settings).Apply(images, generator);
    }

    private static Tensor Images(params long[] shape)
    {
        using var generator = new Generator(11);
        return rand(shape, generator: generator) * 2 - 1;
    }

    [Theory]
    [InlineData(1.0, 12, 12)]
    [InlineData(0.5, 12, 12)]
    [InlineData(1.0, 9, 14)]
    [InlineData(0.12, 16, 16)]
    public void Images_are_what_their_labels_say(double probability, int height, int width)
    {
        using var scope = NewDisposeScope();
        var settings = new AugmentationSettings { Probability = probability, StretchTurnProbability = 0 };
        var images = Images(6, 2, height, width);
        var (augmented, labels) = Apply(settings, images);
        var told = Enumerable.Range(0, 6).Select(i => labels[i].to(float64).data<double>().ToArray()).ToList();
        var expected = NaiveWarp.Of([.. told.Select((label, i) => Flipped(images[i], label))],
            [.. told.Select(label => Source(settings, label, stretch: label[5], along: 0, height, width))]);
        for (var i = 0; i < 6; i++)
        {
            Assert.InRange(Error(augmented[i], expected[i]), 0, 1e-4);
        }
    }

    /// <summary>The published label of a stretching by w along r is also that of one by -w against r, so it is one of the two.</summary>
    [Fact]
    public void Images_are_stretched_along_any_direction()
    {
        using var scope = NewDisposeScope();
        var settings = new AugmentationSettings { Probability = 1, StretchTurnProbability = 1 };
        var images = Images(1, 1, 10, 10);
        for (var seed = 0UL; seed < 8; seed++)
        {
            var (augmented, labels) = Apply(settings, images, seed);
            var label = labels[0].to(float64).data<double>().ToArray();
            var (stretch, along) = (Math.Sqrt(label[5] * label[5] + label[6] * label[6]), Math.Atan2(label[6], label[5]));
            Assert.InRange(Math.Min(Of(stretch, along), Of(-stretch, along + Math.PI)), 0, 1e-4);

            double Of(double stretch, double along) =>
                Error(augmented[0], NaiveWarp.Of([Flipped(images[0], label)], [Source(settings, label, stretch, along, 10, 10)])[0]);
        }
    }

    [Fact]
    public void Without_a_probability_images_stay_as_they_are_and_labels_are_zero()
    {
        using var scope = NewDisposeScope();
        var images = Images(5, 3, 16, 16);
        var (augmented, labels) = Apply(new AugmentationSettings { Probability = 0 }, images);
        Assert.Equal([5L, 9L], labels.shape);
        Assert.Equal(0, labels.abs().max().item<float>());
        // Doubling and halving by an orthogonal wavelet is the identity.
        Assert.True(augmented.allclose(images, rtol: 0, atol: 2e-5));
    }

    [Fact]
    public void However_small_the_probability_every_second_image_is_mirrored()
    {
        using var scope = NewDisposeScope();
        var images = Images(64, 1, 8, 8);
        var (augmented, labels) = Apply(new AugmentationSettings { Probability = 1e-9 }, images);
        var mirrored = labels.select(1, 0);
        Assert.InRange(mirrored.sum().item<float>(), 16, 48);
        Assert.Equal(0, labels.narrow(1, 1, 8).abs().max().item<float>());
        Assert.True(augmented.allclose(where(mirrored.view(-1, 1, 1, 1) == 1, images.flip(3), images), rtol: 0, atol: 2e-5));
    }

    [Fact]
    public void Labels_have_the_published_distribution()
    {
        using var scope = NewDisposeScope();
        const double Probability = 0.3;
        var labels = Apply(new AugmentationSettings { Probability = Probability }, zeros(20_000, 1, 2, 2)).Labels.to(float64);
        Assert.Equal(0.5, Mean(labels.select(1, 0)), 0.02);
        Assert.Equal(Probability / 2, Mean(labels.select(1, 1)), 0.01);
        foreach (var index in new[] { 2L, 7, 8 })
        {
            var value = labels.select(1, index);
            Assert.Equal(Probability, Mean(value != 0), 0.02);
            Assert.Equal(0, Mean(value), 0.02);
            Assert.Equal(Probability, Mean(value.square()), 0.03);
        }
        // A turn is uniform over the circle: the means of cosine and sine are 0, those of their squares 1/2.
        var (cosine, sine) = (labels.select(1, 3) + 1, labels.select(1, 4));
        Assert.True((cosine.square() + sine.square()).allclose(ones(20_000, float64), atol: 1e-6));
        Assert.Equal(1 - Probability, Mean(cosine), 0.02);
        Assert.Equal(0, Mean(sine), 0.02);
        Assert.Equal(Probability / 2, Mean(sine.square()), 0.01);
        // Half of the stretchings are along the width, the others along any direction.
        var (along, across) = (labels.select(1, 5), labels.select(1, 6));
        Assert.Equal(Probability, Mean(along.square() + across.square()), 0.03);
        Assert.Equal(Probability / 2, Mean(across != 0), 0.02);
        Assert.Equal(Probability / 4, Mean(across.square()), 0.02);

        static double Mean(Tensor values) => values.to(float64).mean().item<double>();
    }

    /// <summary>To the last bit, wherever its managed arrays happen to lie.</summary>
    [Fact]
    public void A_batch_is_a_pure_function_of_its_generator()
    {
        using var scope = NewDisposeScope();
        var images = Images(7, 3, 16, 16);
        var (one, other) = (Apply(new(), images), Apply(new(), images, seed: 6));
        Assert.False(one.Labels.equal(other.Labels).all().item<bool>());
        var garbage = new List<byte[]>();
        for (var repetition = 0; repetition < 30; repetition++)
        {
            garbage.Add(new byte[17 * repetition]);
            var same = Apply(new(), images);
            Assert.True(one.Images.equal(same.Images).all().item<bool>());
            Assert.True(one.Labels.equal(same.Labels).all().item<bool>());
        }
    }

    /// <summary>Augmentation is linear in the images, so their gradient foretells any change of them.</summary>
    [Fact]
    public void Gradients_reach_the_images()
    {
        using var scope = NewDisposeScope();
        var settings = new AugmentationSettings { Probability = 1 };
        var (images, change, direction) = (Images(3, 2, 8, 8).requires_grad_(true), Images(3, 2, 8, 8).flip(0), Images(3, 2, 8, 8).flip(2));
        (Apply(settings, images).Images * direction).sum().backward();
        using var untracked = no_grad();
        var moved = ((Apply(settings, images + change).Images - Apply(settings, images).Images) * direction).sum().item<float>();
        Assert.Equal(moved, (images.grad! * change).sum().item<float>(), 1e-3);
        Assert.True(Math.Abs(moved) > 0.1);
    }

    [Fact]
    public void A_seed_augments_alike_on_every_device()
    {
        Assert.SkipUnless(cuda.is_available(), "This machine has no CUDA device.");
        using var scope = NewDisposeScope();
        var (device, images) = (Devices.Open("cuda"), Images(16, 3, 32, 32));
        using var exact = CudaTurns.Take(device, tf32: false);
        var (here, there) = (Apply(new() { Probability = 0.7 }, images), Apply(new() { Probability = 0.7 }, images.to(device)));
        Assert.True(there.Labels.cpu().Equals(here.Labels));
        Assert.True(there.Images.cpu().allclose(here.Images, rtol: 0, atol: 1e-4));
        Assert.True(there.Images.Equals(Apply(new() { Probability = 0.7 }, images.to(device)).Images));
    }

    [Fact]
    public void Nothing_is_left_behind()
    {
        using var images = zeros(2, 1, 8, 8);
        var before = TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        var (augmented, labels) = Apply(new(), images);
        augmented.Dispose();
        labels.Dispose();
        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    private static double[,,] Flipped(Tensor image, double[] label)
    {
        var (channels, height, width) = ((int)image.shape[0], (int)image.shape[1], (int)image.shape[2]);
        var flipped = new double[channels, height, width];
        for (var c = 0; c < channels; c++)
        {
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    flipped[c, y, x] = image[c, label[1] == 1 ? height - 1 - y : y, label[0] == 1 ? width - 1 - x : x].item<float>();
                }
            }
        }
        return flipped;
    }

    /// <summary>The inverse of the geometry as the published pipe composes it, for columns (x, y, 1).</summary>
    private static double[,] Source(AugmentationSettings settings, double[] label, double stretch, double along, int height, int width)
    {
        var size = Math.Pow(2, label[2] * settings.ScaleStd);
        var longer = Math.Pow(2, stretch * settings.StretchStd);
        return NaiveWarp.Product(
            NaiveWarp.Scaling(1 / size, 1 / size),
            NaiveWarp.Rotation(Math.Atan2(label[4], label[3] + 1)),
            NaiveWarp.Rotation(-along),
            NaiveWarp.Scaling(1 / longer, longer),
            NaiveWarp.Rotation(along),
            NaiveWarp.Translation(-label[7] * width * settings.TranslationStd, -label[8] * height * settings.TranslationStd));
    }

    private static double Error(Tensor image, double[,,] expected) => (image.to(float64) - tensor(expected)).abs().max().item<double>();
}
