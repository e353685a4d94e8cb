using DisBack.Search.Comparisons;

namespace DisBack.Search.Tests.Comparisons;

/// <summary>Curves are compared where every arm has values, and nowhere else.</summary>
public sealed class CommonPlacesTests
{
    [Fact]
    public void Places_reach_from_the_last_beginning_of_an_arm_to_the_first_end_of_one()
    {
        var arms = new[] { new[] { Between(0, 100), Between(5, 40) }, [Between(10, 50), Between(20, 70)] };
        Assert.Equal([10, 25, 40, 55, 70], CommonPlaces.Of(arms, 4, whole: false));
    }

    [Fact]
    public void Whole_places_are_rounded_and_none_is_there_twice()
    {
        Assert.Equal([0, 2, 5, 8, 10], CommonPlaces.Of([[Between(0, 10)]], 4, whole: true));
        var few = CommonPlaces.Of([[Between(-2, 0)]], 8, whole: true);
        Assert.Equal([-2, -1, 0], few);
        Assert.False(double.IsNegative(few[^1]));
    }

    [Fact]
    public void An_end_is_exact_where_fractions_are_not() => Assert.Equal(0.3, CommonPlaces.Of([[Between(0.1, 0.3)]], 7, whole: false)[^1]);

    [Fact]
    public void There_is_one_place_where_all_measured_once_and_none_where_an_arm_ended_before_another_began()
    {
        Assert.Equal([3], CommonPlaces.Of([[Between(3, 3)], [Between(0, 9)]], 8, whole: false));
        Assert.Empty(CommonPlaces.Of([[Between(0, 3)], [Between(4, 9)]], 8, whole: false));
    }

    [Fact]
    public void Arms_without_measurements_are_passed_over()
    {
        Assert.Equal([0, 9], CommonPlaces.Of([[new Curve([])], [Between(0, 9), new Curve([])]], 1, whole: false));
        Assert.Empty(CommonPlaces.Of([[new Curve([])]], 1, whole: false));
    }

    private static Curve Between(double low, double high) => new([new(low, 1), new(high, 1)]);
}
