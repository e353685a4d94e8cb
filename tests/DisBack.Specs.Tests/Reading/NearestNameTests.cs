using DisBack.Specs.Reading;
using F23.StringSimilarity;

namespace DisBack.Specs.Tests.Reading;

/// <summary>What was probably meant is the nearest of all names, however many there are.</summary>
public sealed class NearestNameTests
{
    [Fact]
    public void It_is_the_one_that_comparing_with_every_name_finds()
    {
        var (random, distance, found) = (new Random(1), new Damerau(), 0);
        for (var i = 0; i < 2000; i++)
        {
            var (written, names) = (Name(), Enumerable.Range(0, 12).Select(_ => Name()).Distinct().ToArray());
            var expected = names.OrderBy(name => distance.Distance(written.ToLowerInvariant(), name.ToLowerInvariant()))
                .ThenBy(name => name, StringComparer.Ordinal).First();
            if (NearestName.Of(written, names) is { } nearest)
            {
                Assert.Equal(expected, nearest);
                found++;
            }
        }
        Assert.InRange(found, 500, 1900);

        string Name() => string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => "abAé_"[random.Next(5)]));
    }

    [Fact]
    public void Among_the_names_of_a_large_network_it_takes_little_memory()
    {
        string[] layers = ["attn1.to_q", "attn1.to_k", "attn1.to_v", "attn2.to_out.0", "ff.net.2"];
        var names = (
            from form in new[] { "unet.", "base_model.model.", "diffusion_model.", "" }
            from block in Enumerable.Range(0, 24)
            from transformer in Enumerable.Range(0, 10)
            from layer in layers
            select $"{form}down_blocks.{block / 8}.attentions.{block % 8}.transformer_blocks.{transformer}.{layer}").ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();

        var nearest = NearestName.Of("unet.down_blocks.2.attentions.1.transformer_blocks.9.attn1.to_qq", names);

        Assert.Equal("unet.down_blocks.2.attentions.1.transformer_blocks.9.attn1.to_q", nearest);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }
}
