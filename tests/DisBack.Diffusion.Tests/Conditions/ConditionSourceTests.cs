using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Randomness;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Conditions;

/// <summary>Conditions are a pure function of (seed, step), and of the number of a sample.</summary>
public sealed class ConditionSourceTests
{
    [Fact]
    public void Classes_are_drawn_from_the_stream_and_take_turns_by_number()
    {
        using var scope = NewDisposeScope();
        var source = IConditionSource.OfClasses(3);
        Assert.True(Drawn(source, 5).Equals(Drawn(source, 5)));
        Assert.False(Drawn(source, 5).Equals(Drawn(source, 6)));
        Assert.Equal([2L, 0, 1, 2], OneHot(source.InTurn(2, 4)).argmax(1).data<long>().ToArray());
        Assert.Equal(0, OneHot(source.Null(2)).abs().sum().item<float>());

        static Tensor Drawn(IConditionSource source, long step)
        {
            using var stream = new RandomStreams(1).For("test", step);
            return OneHot(source.Draw(64, stream));
        }

        static Tensor OneHot(Condition? condition) => Assert.IsType<ClassCondition>(condition).OneHot;
    }

    [Fact]
    public void Embeddings_are_rows_of_one_prompt_in_every_table()
    {
        using var scope = NewDisposeScope();
        var source = new EmbeddingConditions(
            new Dictionary<string, Tensor> { ["text"] = arange(4).to(float32).view(4, 1, 1).expand(4, 7, 2), ["pooled"] = arange(4).to(float32).view(4, 1) },
            new Dictionary<string, Tensor> { ["text"] = full([1, 7, 2], -1f), ["pooled"] = full([1, 1], -1f) });
        using var stream = new RandomStreams(1).For("test", 3);
        var drawn = Assert.IsType<EmbeddingCondition>(source.Draw(32, stream));
        Assert.Equal([32, 7, 2], drawn["text"].shape);
        Assert.True(drawn["text"].select(1, 0).select(1, 0).Equals(drawn["pooled"].squeeze(1)));
        Assert.Equal([3f, 0, 1], ((EmbeddingCondition)source.InTurn(3, 3))["pooled"].data<float>().ToArray());
        var none = Assert.IsType<EmbeddingCondition>(source.Null(2));
        Assert.Equal((2L, -1f), (none.Count, none["text"].max().item<float>()));
        Assert.Contains("'sizes'", Assert.Throws<DisBackException>(() => none["sizes"]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_that_do_not_belong_together_are_refused_by_name()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<DisBackException>(() => new EmbeddingConditions(
            new Dictionary<string, Tensor> { ["text"] = zeros(4, 2), ["pooled"] = zeros(3, 2) }, new Dictionary<string, Tensor>
            {
                ["text"] = zeros(1, 2),
                ["pooled"] = zeros(1, 2),
            }));
        Assert.Contains("'pooled' have 3 rows", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<DisBackException>(() => new EmbeddingConditions(
            new Dictionary<string, Tensor> { ["text"] = zeros(4, 2) }, new Dictionary<string, Tensor> { ["text"] = zeros(1, 3) }));
        Assert.Contains("null embedding for 'text'", error.Message, StringComparison.Ordinal);
    }
}
