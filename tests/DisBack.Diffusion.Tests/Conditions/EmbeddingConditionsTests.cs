using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Randomness;
using DisBack.Specs.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Conditions;

/// <summary>Rows of a file of prompts are those of the whole file, a pure function of (seed, step) or of the number of a sample.</summary>
public sealed class EmbeddingConditionsTests : IDisposable
{
    private const int Prompts = 5;

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-conditions-").FullName;
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.Float32)]
    public void A_row_has_both_embeddings_of_one_prompt_in_the_type_of_the_file(ScalarType type)
    {
        var (sequence, pooled) = (randn(Prompts, 7, 4).to(type), randn(Prompts, 3).to(type));
        using var source = Open((EmbeddingFacts.Sequence, sequence), (EmbeddingFacts.Pooled, pooled));

        var shown = Assert.IsType<EmbeddingCondition>(source.InTurn(3, 4));
        using var stream = new RandomStreams(1).For("test", 3);
        var drawn = Assert.IsType<EmbeddingCondition>(source.Draw(64, stream));

        long[] turns = [3, 4, 0, 1];
        Assert.Equal(new EmbeddingFacts(Prompts, 7, new(4, 3)), source.Facts);
        Assert.True(sequence.index_select(0, tensor(turns)).Equals(shown[EmbeddingFacts.Sequence]));
        Assert.True(pooled.index_select(0, tensor(turns)).Equals(shown[EmbeddingFacts.Pooled]));
        var found = Enumerable.Range(0, 64).Select(i => Enumerable.Range(0, Prompts).Single(row =>
            pooled[row].Equals(drawn[EmbeddingFacts.Pooled][i]) && sequence[row].Equals(drawn[EmbeddingFacts.Sequence][i]))).ToList();
        Assert.Equal(Prompts, found.Distinct().Count());
    }

    [Fact]
    public void Draws_are_a_function_of_the_stream()
    {
        using var source = Open((EmbeddingFacts.Sequence, randn(Prompts, 7, 4)), (EmbeddingFacts.Pooled, randn(Prompts, 3)));

        Assert.True(Drawn(5).Equals(Drawn(5)));
        Assert.False(Drawn(5).Equals(Drawn(6)));

        Tensor Drawn(long step)
        {
            using var stream = new RandomStreams(1).For("test", step);
            return Assert.IsType<EmbeddingCondition>(source.Draw(16, stream))[EmbeddingFacts.Pooled];
        }
    }

    [Fact]
    public void No_prompt_is_zeros_of_the_same_form()
    {
        using var source = Open((EmbeddingFacts.Sequence, randn(Prompts, 7, 4)), (EmbeddingFacts.Pooled, randn(Prompts, 3)));

        var none = Assert.IsType<EmbeddingCondition>(source.Null(2));

        Assert.Equal([2, 7, 4], none[EmbeddingFacts.Sequence].shape);
        Assert.Equal([2, 3], none[EmbeddingFacts.Pooled].shape);
        Assert.Equal(0, none.Parts.Sum(part => part.count_nonzero().item<long>()));
        Assert.Contains("'sizes'", Assert.Throws<DisBackException>(() => none["sizes"]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_file_is_refused_and_its_lease_given_back()
    {
        (string, Tensor)[][] files =
        [
            [(EmbeddingFacts.Sequence, zeros(Prompts, 7, 4))],
            [(EmbeddingFacts.Sequence, zeros(Prompts, 7, 4)), (EmbeddingFacts.Pooled, zeros(4, 3))],
            [(EmbeddingFacts.Sequence, zeros(Prompts, 7, 4)), (EmbeddingFacts.Pooled, zeros(Prompts, 3).to(ScalarType.Float16))],
            [(EmbeddingFacts.Sequence, zeros(Prompts, 28)), (EmbeddingFacts.Pooled, zeros(Prompts, 3))],
            [(EmbeddingFacts.Sequence, zeros(0, 7, 4)), (EmbeddingFacts.Pooled, zeros(0, 3))],
        ];
        foreach (var tensors in files)
        {
            var lease = new Lease();
            Assert.Contains("is no file of embedded prompts", Assert.Throws<DisBackException>(() => Open(lease, tensors)).Message, StringComparison.Ordinal);
            Assert.True(lease.IsOver);
        }
        var held = new Lease();
        using (Open(held, (EmbeddingFacts.Sequence, zeros(Prompts, 7, 4)), (EmbeddingFacts.Pooled, zeros(Prompts, 3))))
        {
            Assert.False(held.IsOver);
        }
        Assert.True(held.IsOver);
    }

    private EmbeddingConditions Open(params (string, Tensor)[] tensors) => Open(new Lease(), tensors);

    private EmbeddingConditions Open(Lease lease, params (string, Tensor)[] tensors)
    {
        var path = Path.Combine(_folder, "embeddings.safetensors");
        SafetensorsFile.Write(path, tensors);
        return EmbeddingConditions.Open(path, lease);
    }

    private sealed class Lease : IDisposable
    {
        public bool IsOver { get; private set; }

        public void Dispose() => IsOver = true;
    }
}
