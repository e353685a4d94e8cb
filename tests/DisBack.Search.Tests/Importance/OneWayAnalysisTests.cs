using DisBack.Search.Importance;

namespace DisBack.Search.Tests.Importance;

/// <summary>What an axis explains, and when nothing is said of it.</summary>
public sealed class OneWayAnalysisTests
{
    private static readonly double[][] s_clear = [[2.1, 2.3, 1.9, 2.2], [2.8, 3.1, 2.7], [2.0, 2.6, 2.4, 2.5, 2.2]];
    private static readonly double[][] s_none = [[1.0, 2.0, 3.5, 4.0, 2.5], [1.5, 2.2, 3.0, 4.4, 2.9]];
    private static readonly double[][] s_two = [[2.1, 2.3, 1.9, 2.2, 2.0], [2.4, 3.1, 2.2, 2.6, 2.5]];

    // NumPy 1.24 and SciPy 1.10.1, with groups g, n = 12 or 10 results and k groups:
    //   y = numpy.concatenate(g); sst = ((y - y.mean()) ** 2).sum()
    //   ssw = sum(((numpy.array(x) - numpy.mean(x)) ** 2).sum() for x in g); msw = ssw / (n - k); ssb = sst - ssw
    //   explained: ssb / sst; adjusted: max(0, (ssb - (k - 1) * msw) / (sst + msw))
    //   chance: scipy.stats.permutation_test(g, lambda *x: scipy.stats.f_oneway(*x).statistic, permutation_type='independent',
    //       alternative='greater', n_resamples=100000 of the first, of which there are too many, and numpy.inf of the others).pvalue
    // Two standard deviations of 1999 permutations are 0.003, 0.018 and 0.007.
    public static TheoryData<double[][], double, double, double, double> Oracle => new()
    {
        { s_clear, 0.7056763285024155, 0.6199955819483608, 0.004473304473304474, 0.003 },
        { s_none, 0.009560229445506658, 0, 0.8015873015873016, 0.018 },
        { s_two, 0.4893617021276597, 0.4000000000000002, 0.023809523809523808, 0.007 },
    };

    [Theory, MemberData(nameof(Oracle))]
    public void Shares_and_chance_are_those_of_an_analysis_of_variance(double[][] groups, double explained, double adjusted, double chance, double within)
    {
        var importance = Of(groups);
        Assert.Equal((groups.Sum(group => group.Length), groups.Length, ImportanceLack.Nothing), (importance.Trials, importance.Groups, importance.Lack));
        Assert.Equal(explained, importance.Explained!.Value, 1e-12);
        Assert.Equal(adjusted, importance.Adjusted!.Value, 1e-12);
        Assert.Equal(chance, importance.Chance!.Value, within);
    }

    [Fact]
    public void The_same_seed_deals_the_same_and_another_one_otherwise()
    {
        Assert.Equal(Of(s_two, 7), Of(s_two, 7));
        Assert.NotEqual(Of(s_none, 7).Chance, Of(s_none, 8).Chance);
        Assert.Equal(Of(s_none, 7).Explained, Of(s_none, 8).Explained);
    }

    [Fact]
    public void Units_and_the_names_of_choices_change_nothing()
    {
        var scaled = Of([.. s_clear.Select(group => group.Select(value => 4 - 2 * value).ToArray())]);
        Assert.Equal(Of(s_clear).Adjusted!.Value, scaled.Adjusted!.Value, 1e-12);
        Assert.Equal(Of(s_clear).Adjusted!.Value, Of([s_clear[2], s_clear[0], s_clear[1]]).Adjusted!.Value, 1e-12);
    }

    [Fact]
    public void Numbers_that_decide_explain_nearly_all_and_numbers_beside_the_matter_nearly_nothing()
    {
        var random = new Random(5);
        double[] numbers = [.. Enumerable.Range(0, 200).Select(_ => random.NextDouble())];
        var decisive = OneWayAnalysis.OfNumbers(numbers, [.. numbers.Select(number => Math.Exp(3 * number))]);
        Assert.Equal(14, decisive.Groups);
        Assert.InRange(decisive.Adjusted!.Value, 0.95, 1);
        Assert.Equal(1 / 2000.0, decisive.Chance);
        var idle = OneWayAnalysis.OfNumbers(numbers, [.. numbers.Select(_ => random.NextDouble())]);
        Assert.InRange(idle.Adjusted!.Value, 0, 0.1);
        Assert.InRange(idle.Chance!.Value, 0.05, 1);
    }

    [Fact]
    public void What_cannot_be_told_is_not_told()
    {
        double[] results = [.. Enumerable.Range(0, 12).Select(i => (double)i)];
        Assert.Equal(ImportanceLack.FewTrials, OneWayAnalysis.OfNumbers([.. results.Take(9)], [.. results.Take(9)]).Lack);
        Assert.Equal(ImportanceLack.FewTrials, OneWayAnalysis.OfNumbers([], []).Lack);
        Assert.Equal(ImportanceLack.OneGroup, OneWayAnalysis.OfNumbers([.. results.Select(_ => 3.0)], results).Lack);
        Assert.Equal(ImportanceLack.SmallGroup, OneWayAnalysis.OfChoices([.. results.Select(i => i < 2 ? 1.0 : 0)], results).Lack);
        var constant = OneWayAnalysis.OfNumbers(results, [.. results.Select(_ => 0.1)]);
        Assert.Equal(new(12, 3, null, null, null, ImportanceLack.NoVariance), constant);
    }

    [Fact]
    public void Results_that_are_missing_or_no_numbers_are_refused()
    {
        Assert.Throws<DisBackException>(() => OneWayAnalysis.OfChoices([1, 2], [1]));
        Assert.Throws<DisBackException>(() => OneWayAnalysis.OfChoices([1, 2], [1, double.NaN]));
    }

    private static AxisImportance Of(double[][] groups, long seed = 0) => OneWayAnalysis.OfChoices(
        [.. groups.SelectMany((group, index) => group.Select(_ => (double)index * index))], [.. groups.SelectMany(group => group)], seed);
}
