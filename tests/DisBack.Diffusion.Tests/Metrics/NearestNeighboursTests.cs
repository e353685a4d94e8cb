using DisBack.Diffusion.Metrics;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Metrics;

/// <summary>The neighbours are those that looking at every pair finds, in whatever batches the real images come.</summary>
public sealed class NearestNeighboursTests
{
    [Theory]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(500)]
    public void They_are_those_of_all_pairs(int batch)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var (generated, real) = (randn([40, 5], generator: generator), randn([500, 5], generator: generator));
        using var neighbours = new NearestNeighbours(generated, 3);
        for (var first = 0; first < 500; first += batch)
        {
            neighbours.Add(real.narrow(0, first, Math.Min(batch, 500 - first)));
        }
        var expected = (generated.unsqueeze(1) - real.unsqueeze(0)).to(float64).square().sum(2).topk(3, 1, largest: false, sorted: true).indexes;
        Assert.Equal(expected.data<long>().ToArray(), neighbours.Indices.data<long>().ToArray());
    }

    [Fact]
    public void Copies_are_much_nearer_to_one_image_than_to_any_other()
    {
        using var scope = NewDisposeScope();
        var real = tensor(new double[,] { { 0 }, { 1 }, { 2 }, { 10 } });
        // On an image; almost on one; between two, almost in their middle; nearest to one by 0.34 to 0.66; in the middle of nowhere.
        using var neighbours = new NearestNeighbours(tensor(new[,] { { 1.0 }, { 2.1 }, { 0.45 }, { 0.34 }, { 6 } }), 2);
        neighbours.Add(real);
        Assert.Equal([1L, 2, 0, 0, 2], neighbours.Indices.select(1, 0).data<long>().ToArray());
        Assert.Equal(2.0 / 5, neighbours.Copies);
    }

    [Fact]
    public void An_image_that_the_data_holds_twice_is_the_copy_of_neither()
    {
        using var scope = NewDisposeScope();
        using var neighbours = new NearestNeighbours(tensor(new[,] { { 1.0 } }), 2);
        neighbours.Add(tensor(new[,] { { 1.0 }, { 1.0 }, { 5.0 } }));
        Assert.Equal(0, neighbours.Copies);
    }
}
