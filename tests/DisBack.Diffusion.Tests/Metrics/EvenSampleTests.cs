using CsCheck;
using DisBack.Diffusion.Metrics;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Metrics;

public sealed class EvenSampleTests
{
    [Fact]
    public void Rows_are_evenly_spaced_whatever_the_batches() =>
        (from batches in Gen.Int[1, 9].Array[1, 8] from part in Gen.Double[0, 1] select (batches, part)).Sample(
            c =>
            {
                using var scope = NewDisposeScope();
                var total = c.batches.Sum();
                var wanted = Math.Max(1, (int)(c.part * total));
                using var sample = new EvenSample(total, wanted);
                var all = arange(total, float32).view(-1, 1);
                foreach (var batch in all.split([.. c.batches.Select(n => (long)n)]))
                {
                    sample.Add(batch);
                }
                var rows = sample.Rows.data<float>().ToArray();
                Assert.Equal(Enumerable.Range(0, wanted).Select(i => (float)(i * total / wanted)), rows);
            },
            iter: 200, threads: 1);

    [Fact]
    public void More_than_the_memory_of_the_machine_is_refused_before_it_is_allocated()
    {
        using var features = ones(1, 4096);
        using var sample = new EvenSample(1L << 40, 1L << 40);
        Assert.Contains("evaluate fewer images", Assert.Throws<DisBackException>(() => sample.Add(features)).Message);
    }
}
