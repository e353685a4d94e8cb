using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Networks;

namespace DisBack.Specs.Tests.Evaluations;

/// <summary>A spec of a name and a teacher alone compares with the shipped digits, which are there in every size.</summary>
public sealed class EvaluationSettingsTests
{
    [Fact]
    public void The_shipped_digits_come_in_the_size_of_the_samples_unless_another_is_named()
    {
        var samples = new SampleShape(1, 14, 14);
        Assert.Equal(14, new EvaluationSettings().Of(samples).Reference.Resolution);
        Assert.Equal(28, ReferenceOf(new() { Resolution = 28 }).Resolution);
        Assert.Null(ReferenceOf(new() { Source = DatasetSource.Idx, Path = "a.idx" }).Resolution);

        DatasetSettings ReferenceOf(DatasetSettings images) => new EvaluationSettings { Reference = images }.Of(samples).Reference;
    }
}
