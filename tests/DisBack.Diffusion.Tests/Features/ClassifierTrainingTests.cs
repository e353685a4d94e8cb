using System.Globalization;
using DisBack.Diffusion.Features;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Pictures;
using DisBack.Specs.Data;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Features;

public sealed class ClassifierTrainingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-training-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Training_of_digits_is_a_pure_function_of_its_seed_and_its_file_opens()
    {
        var (a, b, c) = (Path.Combine(_folder, "a"), Path.Combine(_folder, "b"), Path.Combine(_folder, "c"));
        var accuracy = ClassifierTraining.TrainDigits(1, 20, a);
        Assert.InRange(accuracy, 0.3, 1);
        Assert.Equal(accuracy, ClassifierTraining.TrainDigits(1, 20, b));
        ClassifierTraining.TrainDigits(2, 20, c);
        Assert.Equal(File.ReadAllBytes(a), File.ReadAllBytes(b));
        Assert.NotEqual(File.ReadAllBytes(a), File.ReadAllBytes(c));
        using var network = FeatureNetworks.Open(a, trustCode: false);
        using var images = zeros(1, 1, 14, 14);
        network.Extract(images).Dispose();
    }

    [Fact]
    public void The_shipped_classifier_was_trained_as_its_file_says_and_recognises_digits()
    {
        using var shipped = FeatureNetworks.OpenShipped(CPU);
        var accuracy = ClassifierTraining.DigitAccuracy(shipped.Classifier, long.Parse(shipped.Origin["seed"], CultureInfo.InvariantCulture));
        Assert.Equal(double.Parse(shipped.Origin["held_out_accuracy"], CultureInfo.InvariantCulture), accuracy, 1e-3);
        Assert.InRange(accuracy, 0.975, 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Pictures_in_folders_of_classes_are_learned(bool mirror)
    {
        // Stripes that run across are told from stripes that run down, whatever their colour, place and contrast.
        WritePictures("across", (x, y) => y);
        WritePictures("down", (x, y) => x);
        var (a, b) = (Path.Combine(_folder, "a.safetensors"), Path.Combine(_folder, "b.safetensors"));
        List<int> steps = [];
        var accuracy = ClassifierTraining.Train(Pictures(), mirror, 3, 100, a, (step, _) => steps.Add(step));
        Assert.InRange(accuracy, 0.99, 1);
        Assert.Equal([100], steps);

        using var file = SafetensorsFile.Open(a);
        Assert.Equal("pictures, 36 to train, 4 held out", file.Metadata["data"]);
        Assert.Equal("1.0000", file.Metadata["held_out_accuracy"]);
        using var network = FeatureNetworks.Open(a, trustCode: false);
        using var images = zeros(1, 3, 8, 8);
        using var features = network.Extract(images);
        Assert.Equal([1, 128], features.shape);
        ClassifierTraining.Train(Pictures(), mirror, 3, 100, b);
        Assert.Equal(File.ReadAllBytes(a), File.ReadAllBytes(b));
    }

    [Fact]
    public void Pictures_of_no_class_or_of_one_are_refused()
    {
        var output = Path.Combine(_folder, "out");
        WritePictures(".", (x, y) => x);
        Assert.Contains("of no class", Assert.Throws<DisBackException>(() => ClassifierTraining.Train(Pictures(), true, 0, 1, output)).Message);
        Directory.Delete(Path.Combine(_folder, "pictures"), recursive: true);
        WritePictures("one", (x, y) => x);
        Assert.Contains("of one class", Assert.Throws<DisBackException>(() => ClassifierTraining.Train(Pictures(), true, 0, 1, output)).Message);
        // A folder without pictures makes a class that has none.
        Directory.CreateDirectory(Path.Combine(_folder, "pictures", "empty"));
        Assert.Contains("of one class", Assert.Throws<DisBackException>(() => ClassifierTraining.Train(Pictures(), true, 0, 1, output)).Message);
        Assert.False(File.Exists(output));
    }

    [Theory]
    [InlineData(3, "resolution is 3")]
    [InlineData(4000, "resolution is 4000")]
    public void Sizes_that_no_classifier_has_are_refused_before_pictures_are_read(int resolution, string expected) => Assert.Contains(
        expected,
        Assert.Throws<DisBackException>(() => ClassifierTraining.Train(Pictures() with { Resolution = resolution }, true, 0, 1, "out")).Message);

    [Fact]
    public void A_folder_for_the_weights_that_is_not_there_is_refused_before_training()
    {
        var output = Path.Combine(_folder, "absent", "out");
        Assert.Contains("absent", Assert.Throws<DisBackException>(() => ClassifierTraining.TrainDigits(0, int.MaxValue, output)).Message);
    }

    private DatasetSettings Pictures() => new() { Source = DatasetSource.Folder, Path = Path.Combine(_folder, "pictures"), Resolution = 8 };

    private void WritePictures(string name, Func<int, int, int> along)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "pictures", name)).FullName;
        for (var i = 0; i < 20; i++)
        {
            using var scope = NewDisposeScope();
            var image = zeros(1, 3, 8, 8);
            for (var x = 0; x < 8; x++)
            {
                for (var y = 0; y < 8; y++)
                {
                    image[0, i % 3, y, x] = (along(x, y) + i) / 2 % 2 == 0 ? 0.9 : -0.9;
                }
            }
            File.WriteAllBytes(Path.Combine(folder, $"{i:D2}.png"), ImageGrid.Png(image, 1, scale: 1, margin: 0));
        }
    }
}
