using DisBack.Diffusion.Data;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Randomness;
using DisBack.Specs.Data;
using DisBack.Specs.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Data;

/// <summary>Latents come with their own captions, each once in an epoch, in the order in which images would come.</summary>
public sealed class LatentDatasetTests : IDisposable
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("disback-latents-").FullName, "latents.safetensors");
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);
    }

    [Fact]
    public void A_batch_is_a_function_of_seed_and_step_and_an_epoch_has_each_once()
    {
        Write(latents: arange(6).to(ScalarType.Float16).view(6, 1, 1, 1).expand(6, 4, 2, 2), count: 6);
        using var data = LatentDataset.Open(_path);
        var streams = new RandomStreams(3);

        var seen = new List<float>();
        for (var step = 0; step < 3; step++)
        {
            var (latents, captions) = data.Batch(streams, step, 4);
            Assert.Equal(ScalarType.Float32, latents.dtype);
            Assert.Equal([4, 4, 2, 2], latents.shape);
            Assert.Equal(First(latents), First(captions[EmbeddingFacts.Pooled]));
            Assert.Equal(First(latents), First(captions[EmbeddingFacts.Sequence]));
            Assert.Equal(First(latents), First(data.Batch(new RandomStreams(3), step, 4).Latents));
            seen.AddRange(First(latents));
        }

        Assert.Equal([0f, 1, 2, 3, 4, 5], seen.Take(6).Order());
        Assert.Equal([0f, 1, 2, 3, 4, 5], seen.Skip(6).Order());
        Assert.NotEqual(seen.Take(6), seen.Skip(6));
        Assert.Equal((new SampleShape(4, 2, 2), 6), (data.Shape, data.Facts.Count));

        static float[] First(Tensor rows) => rows.to(ScalarType.Float32).flatten(1).select(1, 0).data<float>().ToArray();
    }

    [Fact]
    public void A_batch_leaves_no_tensor_beside_it()
    {
        Write(zeros(6, 4, 2, 2).to(ScalarType.Float16), 6);
        using var data = LatentDataset.Open(_path);
        var before = _scope.DisposablesView.Count;

        _ = data.Batch(new RandomStreams(3), 0, 4);

        Assert.Equal(before + 3, _scope.DisposablesView.Count);
    }

    [Theory]
    [InlineData(5, 2, 2)]
    [InlineData(6, 2, 3)]
    public void What_is_no_file_of_latents_is_refused(int captions, int height, int width)
    {
        Write(zeros(6, 4, height, width), captions);

        Assert.Contains("is no file of square latents", Assert.Throws<DisBackException>(() => LatentDataset.Open(_path)).Message, StringComparison.Ordinal);
    }

    private void Write(Tensor latents, int count)
    {
        var numbers = arange(count).to(ScalarType.Float16);
        SafetensorsFile.Write(_path,
        [
            (DatasetFacts.Latents, latents), (EmbeddingFacts.Sequence, numbers.view(count, 1, 1).expand(count, 3, 2)),
            (EmbeddingFacts.Pooled, numbers.view(count, 1)),
        ]);
    }
}
