using System.Globalization;
using DisBack.Sdxl.Configuration;
using DisBack.Sdxl.Sampling;

namespace DisBack.Sdxl.Tests.Sampling;

/// <summary>Samplers stop where diffusers' do.</summary>
public sealed class TimestepGridTests
{
    [Fact]
    public void Grids_are_those_of_diffusers()
    {
        using var oracle = new SamplerOracle();
        foreach (var grid in oracle.Metadata("euler_grids").EnumerateObject())
        {
            var parts = grid.Name.Split('.');
            var spacing = Enum.Parse<TimestepSpacing>(parts[1], ignoreCase: true);
            var actual = TimestepGrid.Of(int.Parse(parts[2], CultureInfo.InvariantCulture), SamplerOracle.Config(spacing));

            Assert.Equal(grid.Value.GetArrayLength(), actual.Count);
            Assert.All(actual, (timestep, i) => Assert.Equal(grid.Value[i].GetDouble(), timestep, 1e-3));
        }
    }

    [Theory]
    [InlineData(0, "Trailing")]
    [InlineData(1001, "Linspace")]
    [InlineData(1000, "Leading")]
    public void A_number_of_steps_that_the_training_lacks_is_refused(int count, string spacing) =>
        Assert.Contains(
            $"{count:N0} steps cannot be chosen out of the 1,000 of the training: ask for 1 to 999.",
            Assert.Throws<DisBackException>(() => TimestepGrid.Of(count, SamplerOracle.Config(Enum.Parse<TimestepSpacing>(spacing)))).Message,
            StringComparison.Ordinal);
}
