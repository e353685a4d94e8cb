using DisBack.Search.Samplers;

namespace DisBack.Search.Tests.Oracles;

/// <summary>The points before scrambling are those of SciPy.</summary>
public sealed class SobolOracleTests
{
    public static TheoryData<string> Files => OracleFiles.Of("sobol");

    [Theory, MemberData(nameof(Files))]
    public void Points_are_equal(string file)
    {
        var oracle = OracleFiles.Read(file);
        var index = 0;
        foreach (var point in oracle.GetProperty("points").EnumerateArray())
        {
            Assert.Equal(
                point.EnumerateArray().Select(value => value.GetDouble()),
                Enumerable.Range(0, oracle.GetProperty("dimensions").GetInt32()).Select(dimension => SobolSequence.Bits(index, dimension) / 4294967296.0));
            index++;
        }
        Assert.True(index > 0);
    }
}
